# Portolan: IPsec rules of host p01-mp, from plan dba7f16bb63edf3f1b5fff446fa34d2e.
# Site CAS, Central administration site.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\p01-mp-ipsec.ps1
# Look:    Get-NetIPsecRule -Group 'Portolan: *'; Get-NetIPsecMainModeSA
# Remove:  Get-NetIPsecRule | Where-Object { $_.IPsecRuleName -like 'portolan:host:p01-mp:*' } | Remove-NetIPsecRule
#
# Both ends need their file, or Require cuts them off: load all with -Security Request, look
# whether they agree, and then load all again without it. Between them IKE (UDP 500 and 4500)
# and ESP (protocol 50) have to pass, which the plan does not have.
# What is not atomic: Windows changes its rules one by one. While this runs, former and new
# rules hold together; and if it is killed both stay, until it is run again.
#
# Microsoft advises IPsec between the site server and site systems for clients on the internet
# (internet-based-clients), and asks for the ports as set, not as shipped, in its filters (note 2):
# they are the plan's. A rule that secures takes single ports, no ranges (Microsoft's reference).
#
#Requires -Version 5.1
#Requires -RunAsAdministrator
#Requires -Modules NetSecurity
param(
    # Request authenticates whom it can and lets the others pass: to see what Require would cut.
    [ValidateSet('Require', 'Request')]
    [string]$Security = 'Require',

    # Besides authenticating each packet, encrypt it (ESP, AES-256).
    [switch]$Encrypt,

    # The root's distinguished name where the machines have certificates ('C=US, O=Example, CN=Root').
    # Without it they authenticate by Kerberos, as members of a domain.
    [string]$Authority = ''
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 'Latest'
$fresh = 'portolan:host:p01-mp:' + [guid]::NewGuid().ToString('N') + ':'
$always = @{
    PolicyStore        = 'PersistentStore'
    Profile            = 'Any'
    Enabled            = 'True'
    Mode               = 'Transport'
    InboundSecurity    = $Security
    OutboundSecurity   = $Security
    Phase1AuthSet      = $fresh + 'authentication-in-out'
    QuickModeCryptoSet = $fresh + 'protection-in-out'
    ErrorAction        = 'Stop'
}

$rules = @(
    @{
        IPsecRuleName = 'in-3de1b171'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'management-point>site-server/rpc-endpoint-mapper, site-server>cmg-connection-point/rpc-endpoint-mapper (in-3de1b171)'
        Description   = 'p01 to p01-mp; management-point>site-server/rpc-endpoint-mapper, site-server>cmg-connection-point/rpc-endpoint-mapper; site file lines 87, 107, 108; serves management-point too; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-3de1b171'
        Protocol      = 'TCP'
        LocalPort     = '135'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    @{
        IPsecRuleName = 'in-a2768b72'
        Group         = 'Portolan: management-point'
        DisplayName   = 'distribution-point>management-point/https (in-a2768b72)'
        Description   = 'p01-dp to p01-mp; distribution-point>management-point/https; site file lines 108, 113; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-a2768b72'
        Protocol      = 'TCP'
        LocalPort     = '443'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.12'
    }
    @{
        IPsecRuleName = 'in-ec2578a1'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'management-point>site-server/smb, site-server>cmg-connection-point/smb (in-ec2578a1)'
        Description   = 'p01 to p01-mp; management-point>site-server/smb, site-server>cmg-connection-point/smb; site file lines 87, 107, 108; serves management-point too; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-ec2578a1'
        Protocol      = 'TCP'
        LocalPort     = '445'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    @{
        IPsecRuleName = 'in-ddaaf843'
        Group         = 'Portolan: management-point'
        DisplayName   = 'distribution-point>management-point/http (in-ddaaf843)'
        Description   = 'p01-dp to p01-mp; distribution-point>management-point/http; site file lines 10, 108, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-ddaaf843'
        Protocol      = 'TCP'
        LocalPort     = '8080'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.12'
    }
    # in-c439f162: p01 to p01-mp; management-point>site-server/rpc, site-server>cmg-connection-point/rpc; site file lines 87, 107, 108
    # not secured: a rule that secures takes no range of ports
    @{
        IPsecRuleName = 'in-a306e78c'
        Group         = 'Portolan: management-point'
        DisplayName   = 'client>management-point/https (in-a306e78c)'
        Description   = 'branch-1, branch-2, hq to p01-mp; client>management-point/https; site file lines 33, 38, 44, 108; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-a306e78c'
        Protocol      = 'TCP'
        LocalPort     = '443'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        IPsecRuleName = 'in-e8e6db99'
        Group         = 'Portolan: management-point'
        DisplayName   = 'client>management-point/http (in-e8e6db99)'
        Description   = 'branch-1, branch-2, hq to p01-mp; client>management-point/http; site file lines 10, 33, 38, 44, 108; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-e8e6db99'
        Protocol      = 'TCP'
        LocalPort     = '8080'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        IPsecRuleName = 'in-a8f83990'
        Group         = 'Portolan: management-point'
        DisplayName   = 'client>management-point/client-notification (in-a8f83990)'
        Description   = 'branch-1, branch-2, hq to p01-mp; client>management-point/client-notification; site file lines 10, 33, 38, 44, 108; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-a8f83990'
        Protocol      = 'TCP'
        LocalPort     = '10150'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        IPsecRuleName = 'in-a659049c'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'site-server>cmg-connection-point/rpc-endpoint-mapper-udp (in-a659049c)'
        Description   = 'p01 to p01-mp; site-server>cmg-connection-point/rpc-endpoint-mapper-udp; site file lines 87, 107; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-a659049c'
        Protocol      = 'UDP'
        LocalPort     = '135'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    # out-dd1b680e: p01-mp to dc1; management-point>domain-controller/rpc-endpoint-mapper; site file lines 108, 148
    # not secured: a party is reached before anybody can authenticate, or never can himself
    @{
        IPsecRuleName = 'out-1e698153'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'site-server>cmg-connection-point/rpc-endpoint-mapper (out-1e698153)'
        Description   = 'p01-mp to p01; site-server>cmg-connection-point/rpc-endpoint-mapper; site file lines 87, 107; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-1e698153'
        Protocol      = 'TCP'
        RemotePort    = '135'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    # out-e4ba4a75: p01-mp to dc1; management-point>domain-controller/ldap; site file lines 108, 148; default port
    # not secured: a party is reached before anybody can authenticate, or never can himself
    @{
        IPsecRuleName = 'out-68c1ada3'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'site-server>cmg-connection-point/smb (out-68c1ada3)'
        Description   = 'p01-mp to p01; site-server>cmg-connection-point/smb; site file lines 87, 107; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-68c1ada3'
        Protocol      = 'TCP'
        RemotePort    = '445'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    # out-20b6d056: p01-mp to dc1; management-point>domain-controller/ldaps; site file lines 108, 148; default port
    # not secured: a party is reached before anybody can authenticate, or never can himself
    # out-9958143b: p01-mp to dc1; management-point>domain-controller/global-catalog; site file lines 108, 148; default port
    # not secured: a party is reached before anybody can authenticate, or never can himself
    @{
        IPsecRuleName = 'out-abbd7e8b'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'cmg-connection-point>software-update-point/wsus-http (out-abbd7e8b)'
        Description   = 'p01-mp to p01-sup; cmg-connection-point>software-update-point/wsus-http; site file lines 107, 118; correction gateway-follows-the-update-point; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-abbd7e8b'
        Protocol      = 'TCP'
        RemotePort    = '8530'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.13'
    }
    @{
        IPsecRuleName = 'out-dc18d351'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'cmg-connection-point>software-update-point/wsus-https (out-dc18d351)'
        Description   = 'p01-mp to p01-sup; cmg-connection-point>software-update-point/wsus-https; site file lines 107, 118; correction gateway-follows-the-update-point; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-dc18d351'
        Protocol      = 'TCP'
        RemotePort    = '8531'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.13'
    }
    @{
        IPsecRuleName = 'out-ca87cad9'
        Group         = 'Portolan: management-point'
        DisplayName   = 'management-point>sql-server/sql (out-ca87cad9)'
        Description   = 'p01-mp to p01-sql; management-point>sql-server/sql; site file lines 98, 102, 108; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-ca87cad9'
        Protocol      = 'TCP'
        RemotePort    = '14330'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.40'
    }
    # out-ea9b7fd1: p01-mp to dc1; management-point>domain-controller/rpc; site file lines 108, 148
    # not secured: a party is reached before anybody can authenticate, or never can himself
    # out-cd3e8418: p01-mp to p01; site-server>cmg-connection-point/rpc; site file lines 87, 107
    # not secured: a rule that secures takes no range of ports
    @{
        IPsecRuleName = 'out-6f24168a'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'site-server>cmg-connection-point/rpc-endpoint-mapper-udp (out-6f24168a)'
        Description   = 'p01-mp to p01; site-server>cmg-connection-point/rpc-endpoint-mapper-udp; site file lines 87, 107; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-6f24168a'
        Protocol      = 'UDP'
        RemotePort    = '135'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    # out-3c71f6b8: p01-mp to dc1; management-point>domain-controller/ldap-udp; site file lines 108, 148
    # not secured: a party is reached before anybody can authenticate, or never can himself
)

if ($Authority) {
    $method = New-NetIPsecAuthProposal -Machine -Cert -Authority $Authority -AuthorityType 'Root' -ErrorAction 'Stop'
}
else {
    $method = New-NetIPsecAuthProposal -Machine -Kerberos -ErrorAction 'Stop'
}
if ($Encrypt) {
    $protection = New-NetIPsecQuickModeCryptoProposal -Encapsulation 'ESP' -ESPHash 'SHA256' -Encryption 'AES256' -ErrorAction 'Stop'
}
else {
    $protection = New-NetIPsecQuickModeCryptoProposal -Encapsulation 'ESP' -ESPHash 'SHA256' -Encryption 'None' -ErrorAction 'Stop'
}

# New ones go beside the former ones, and those go last: what may pass before and after is
# never cut. If one cannot be added, those that were are taken away, and the former stay.
$former = @(Get-NetIPsecRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.IPsecRuleName -like 'portolan:host:p01-mp:*:in-*' -or $_.IPsecRuleName -like 'portolan:host:p01-mp:*:out-*' })
$former1 = @(Get-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:p01-mp:*:authentication-in-out' })
$former2 = @(Get-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:p01-mp:*:protection-in-out' })
try {
    $null = New-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -Name ($fresh + 'authentication-in-out') -DisplayName 'Portolan: authentication of host p01-mp' -Proposal $method -ErrorAction 'Stop'
    $null = New-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -Name ($fresh + 'protection-in-out') -DisplayName 'Portolan: protection of host p01-mp' -Proposal $protection -ErrorAction 'Stop'
    foreach ($rule in $rules) {
        $rule.IPsecRuleName = $fresh + $rule.IPsecRuleName
        $null = New-NetIPsecRule @always @rule
    }
}
catch {
    Get-NetIPsecRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
        Where-Object -FilterScript { $_.IPsecRuleName -like ($fresh + '*') } |
        Remove-NetIPsecRule -ErrorAction 'Stop'
    Get-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
        Where-Object -FilterScript { $_.Name -like ($fresh + '*') } |
        Remove-NetIPsecPhase1AuthSet -ErrorAction 'Stop'
    Get-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
        Where-Object -FilterScript { $_.Name -like ($fresh + '*') } |
        Remove-NetIPsecQuickModeCryptoSet -ErrorAction 'Stop'
    throw
}
$former | Remove-NetIPsecRule -ErrorAction 'Stop'
$former1 | Remove-NetIPsecPhase1AuthSet -ErrorAction 'Stop'
$former2 | Remove-NetIPsecQuickModeCryptoSet -ErrorAction 'Stop'
