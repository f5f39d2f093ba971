# Portolan: IPsec rules of host p01-dp, from plan dba7f16bb63edf3f1b5fff446fa34d2e.
# Site CAS, Central administration site.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\p01-dp-ipsec.ps1
# Look:    Get-NetIPsecRule -Group 'Portolan: *'; Get-NetIPsecMainModeSA
# Remove:  Get-NetIPsecRule | Where-Object { $_.IPsecRuleName -like 'portolan:host:p01-dp:*' } | Remove-NetIPsecRule
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
$fresh = 'portolan:host:p01-dp:' + [guid]::NewGuid().ToString('N') + ':'
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
        IPsecRuleName = 'in-d63e9a12'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'site-server>distribution-point/rpc-endpoint-mapper (in-d63e9a12)'
        Description   = 'p01 to p01-dp; site-server>distribution-point/rpc-endpoint-mapper; site file lines 87, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-d63e9a12'
        Protocol      = 'TCP'
        LocalPort     = '135'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.10'
    }
    @{
        IPsecRuleName = 'in-e38410c5'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'site-server>distribution-point/smb (in-e38410c5)'
        Description   = 'p01 to p01-dp; site-server>distribution-point/smb; site file lines 87, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-e38410c5'
        Protocol      = 'TCP'
        LocalPort     = '445'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.10'
    }
    # in-836dae39: p01 to p01-dp; site-server>distribution-point/rpc; site file lines 87, 113
    # not secured: a rule that secures takes no range of ports
    @{
        IPsecRuleName = 'in-c6b0a971'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/https (in-c6b0a971)'
        Description   = 'branch-1, branch-2, hq to p01-dp; client>distribution-point/https; site file lines 33, 34, 38, 40, 44, 45, 113; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-c6b0a971'
        Protocol      = 'TCP'
        LocalPort     = '443'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        IPsecRuleName = 'in-6628793b'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/http (in-6628793b)'
        Description   = 'branch-1, branch-2, hq to p01-dp; client>distribution-point/http; site file lines 10, 33, 34, 38, 40, 44, 45, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-6628793b'
        Protocol      = 'TCP'
        LocalPort     = '8080'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        IPsecRuleName = 'in-914771e5'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'site-server>distribution-point/rpc-endpoint-mapper-udp (in-914771e5)'
        Description   = 'p01 to p01-dp; site-server>distribution-point/rpc-endpoint-mapper-udp; site file lines 87, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-914771e5'
        Protocol      = 'UDP'
        LocalPort     = '135'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.10'
    }
    @{
        IPsecRuleName = 'in-914877cf'
        Group         = 'Portolan: distribution-point-pxe'
        DisplayName   = 'client>distribution-point-pxe/tftp (in-914877cf)'
        Description   = 'branch-1, branch-2, hq to p01-dp; client>distribution-point-pxe/tftp; site file lines 33, 38, 44, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-914877cf'
        Protocol      = 'UDP'
        LocalPort     = '69'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        IPsecRuleName = 'in-75449802'
        Group         = 'Portolan: distribution-point-pxe'
        DisplayName   = 'client>distribution-point-pxe/binl (in-75449802)'
        Description   = 'branch-1, branch-2, hq to p01-dp; client>distribution-point-pxe/binl; site file lines 33, 38, 44, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-75449802'
        Protocol      = 'UDP'
        LocalPort     = '4011'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    # in-6765b063: branch-1, branch-2, hq to p01-dp; client>distribution-point-pxe/dhcp; site file lines 33, 38, 44, 113
    # not secured: it is for many at once, and IPsec is between two
    @{
        IPsecRuleName = 'out-a2768b72'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'distribution-point>management-point/https (out-a2768b72)'
        Description   = 'p01-dp to p01-mp; distribution-point>management-point/https; site file lines 108, 113; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-a2768b72'
        Protocol      = 'TCP'
        RemotePort    = '443'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.11'
    }
    @{
        IPsecRuleName = 'out-ddaaf843'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'distribution-point>management-point/http (out-ddaaf843)'
        Description   = 'p01-dp to p01-mp; distribution-point>management-point/http; site file lines 10, 108, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-ddaaf843'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.11'
    }
    # out-1b8aa234: p01-dp to branch-1, branch-2, hq; client>distribution-point-pxe/dhcp-reply; site file lines 33, 38, 44, 113; correction pxe-offer-goes-to-the-client
    # not secured: it is for many at once, and IPsec is between two
    # out-78295783: p01-dp to branch-1, branch-2, hq; client>distribution-point-pxe/tftp; site file lines 33, 38, 44, 113
    # not secured: a rule that secures takes no range of ports
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
    Where-Object -FilterScript { $_.IPsecRuleName -like 'portolan:host:p01-dp:*:in-*' -or $_.IPsecRuleName -like 'portolan:host:p01-dp:*:out-*' })
$former1 = @(Get-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:p01-dp:*:authentication-in-out' })
$former2 = @(Get-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:p01-dp:*:protection-in-out' })
try {
    $null = New-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -Name ($fresh + 'authentication-in-out') -DisplayName 'Portolan: authentication of host p01-dp' -Proposal $method -ErrorAction 'Stop'
    $null = New-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -Name ($fresh + 'protection-in-out') -DisplayName 'Portolan: protection of host p01-dp' -Proposal $protection -ErrorAction 'Stop'
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
