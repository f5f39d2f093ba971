# Portolan: IPsec rules of host head, from plan 6ca90e8a5f23f9779237e5444452cbdc.
# Site P01, Head office.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\head-ipsec.ps1
# Look:    Get-NetIPsecRule -Group 'Portolan: *'; Get-NetIPsecMainModeSA
# Remove:  Get-NetIPsecRule | Where-Object { $_.IPsecRuleName -like 'portolan:host:head:*' } | Remove-NetIPsecRule
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
$fresh = 'portolan:host:head:' + [guid]::NewGuid().ToString('N') + ':'
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
        IPsecRuleName = 'in-0957c8bb'
        Group         = 'Portolan: sms-provider'
        DisplayName   = 'console>sms-provider/https (in-0957c8bb)'
        Description   = 'desk to head; console>sms-provider/https; site file lines 6, 43, 72; plan 6ca90e8a5f23f9779237e5444452cbdc; in-0957c8bb'
        Protocol      = 'TCP'
        LocalPort     = '8443'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.1.0.99'
    }
    @{
        IPsecRuleName = 'in-bacb1490'
        Group         = 'Portolan: sms-provider'
        DisplayName   = 'console>sms-provider/https (in-bacb1490)'
        Description   = 'desk to head; console>sms-provider/https; site file lines 6, 43, 72; plan 6ca90e8a5f23f9779237e5444452cbdc; in-bacb1490'
        Protocol      = 'TCP'
        LocalPort     = '9443'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.1.0.99'
    }
    @{
        IPsecRuleName = 'in-c88fee19'
        Group         = 'Portolan: site-server'
        DisplayName   = 'site-system>site-server/site-link (in-c88fee19)'
        Description   = 'dp8 to head; site-system>site-server/site-link; site file lines 43, 52; default port; plan 6ca90e8a5f23f9779237e5444452cbdc; in-c88fee19'
        Protocol      = 'TCP'
        LocalPort     = '10180'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.8.0.5'
    }
    @{
        IPsecRuleName = 'in-c2727f5c'
        Group         = 'Portolan: management-point'
        DisplayName   = 'client>management-point/http (in-c2727f5c)'
        Description   = 'branch-7, branch-8, office to head; client>management-point/http; site file lines 6, 13, 18, 25, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; in-c2727f5c'
        Protocol      = 'TCP'
        LocalPort     = '8080'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = @('10.2.0.0/16', '10.7.0.0/16', '10.8.0.0/16')
    }
    @{
        IPsecRuleName = 'in-7b6ece6d'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (in-7b6ece6d)'
        Description   = 'branch-7, branch-8, office to head; client>distribution-point/https, client>management-point/https; site file lines 6, 13, 14, 18, 21, 25, 27, 43; serves management-point too; plan 6ca90e8a5f23f9779237e5444452cbdc; in-7b6ece6d'
        Protocol      = 'TCP'
        LocalPort     = '9443'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = @('10.2.0.0/16', '10.7.0.0/16', '10.8.0.0/16')
    }
    @{
        IPsecRuleName = 'in-b5d49ee5'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (in-b5d49ee5)'
        Description   = 'branch-7, branch-8, office, roaming to head; client>distribution-point/https, client>management-point/https; site file lines 6, 13, 14, 18, 21, 25, 27, 31, 43, 44; serves management-point too; plan 6ca90e8a5f23f9779237e5444452cbdc; in-b5d49ee5'
        Protocol      = 'TCP'
        LocalPort     = '8443'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = @('1.0.0.0/8', '2.0.0.0/7', '4.0.0.0/6', '8.0.0.0/7', '10.2.0.0/16', '10.7.0.0/16', '10.8.0.0/16', '11.0.0.0/8', '12.0.0.0/6', '16.0.0.0/4', '32.0.0.0/3', '64.0.0.0/3', '96.0.0.0/6', '100.0.0.0/10', '100.128.0.0/9', '101.0.0.0/8', '102.0.0.0/7', '104.0.0.0/5', '112.0.0.0/5', '120.0.0.0/6', '124.0.0.0/7', '126.0.0.0/8', '128.0.0.0/3', '160.0.0.0/5', '168.0.0.0/8', '169.0.0.0/9', '169.128.0.0/10', '169.192.0.0/11', '169.224.0.0/12', '169.240.0.0/13', '169.248.0.0/14', '169.252.0.0/15', '169.255.0.0/16', '170.0.0.0/7', '172.0.0.0/12', '172.32.0.0/11', '172.64.0.0/10', '172.128.0.0/9', '173.0.0.0/8', '174.0.0.0/7', '176.0.0.0/4', '192.0.0.0/9', '192.128.0.0/11', '192.160.0.0/13', '192.169.0.0/16', '192.170.0.0/15', '192.172.0.0/14', '192.176.0.0/12', '192.192.0.0/10', '193.0.0.0/8', '194.0.0.0/7', '196.0.0.0/6', '200.0.0.0/5', '208.0.0.0/4')
    }
    # in-ee252439: gw to head; router>site-system/icmp-errors; site file lines 43, 68
    # not secured: a rule of Windows can only exempt ICMP, not secure it
    # in-a63fc1b0: servers to head; site-system>neighbour/igmp; site file lines 8, 43
    # not secured: it is for many at once, and IPsec is between two
    # in-8ac569f0: servers to head; site-system>neighbour/mld; site file lines 8, 43
    # not secured: it is for many at once, and IPsec is between two
    # in-b5782e8e: servers to head; site-system>neighbour/neighbour-discovery; site file lines 8, 43
    # not secured: it is for many at once, and IPsec is between two
    # out-5528510e: head to ns; site-system>dns-server/dns-tcp; site file lines 43, 60
    # not secured: a party is reached before anybody can authenticate, or never can himself
    @{
        IPsecRuleName = 'out-854e611d'
        Group         = 'Portolan: site-server'
        DisplayName   = 'site-server>package-mirror/package-mirror (out-854e611d)'
        Description   = 'head to mirror; site-server>package-mirror/package-mirror; site file lines 43, 56; default port; plan 6ca90e8a5f23f9779237e5444452cbdc; out-854e611d'
        Protocol      = 'TCP'
        RemotePort    = '80'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.1.0.40'
    }
    @{
        IPsecRuleName = 'out-d57c4d92'
        Group         = 'Portolan: site-server'
        DisplayName   = 'site-system>site-server/site-link (out-d57c4d92)'
        Description   = 'head to dp7; site-system>site-server/site-link; site file lines 43, 48; default port; plan 6ca90e8a5f23f9779237e5444452cbdc; out-d57c4d92'
        Protocol      = 'TCP'
        RemotePort    = '10180'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.7.0.5'
    }
    # out-c5a3469b: head to ns; site-system>dns-server/dns; site file lines 43, 60
    # not secured: a party is reached before anybody can authenticate, or never can himself
    # out-2c704aa8: head to ns; site-system>time-server/ntp; site file lines 43, 60
    # not secured: a party is reached before anybody can authenticate, or never can himself
    # out-72186985: head to servers; site-system>neighbour/igmp; site file lines 8, 43
    # not secured: it is for many at once, and IPsec is between two
    # out-163f03d8: head to servers; site-system>neighbour/mld; site file lines 8, 43
    # not secured: it is for many at once, and IPsec is between two
    # out-45fe3d67: head to servers; site-system>neighbour/neighbour-discovery; site file lines 8, 43
    # not secured: it is for many at once, and IPsec is between two
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
    Where-Object -FilterScript { $_.IPsecRuleName -like 'portolan:host:head:*:in-*' -or $_.IPsecRuleName -like 'portolan:host:head:*:out-*' })
$former1 = @(Get-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:head:*:authentication-in-out' })
$former2 = @(Get-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:head:*:protection-in-out' })
try {
    $null = New-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -Name ($fresh + 'authentication-in-out') -DisplayName 'Portolan: authentication of host head' -Proposal $method -ErrorAction 'Stop'
    $null = New-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -Name ($fresh + 'protection-in-out') -DisplayName 'Portolan: protection of host head' -Proposal $protection -ErrorAction 'Stop'
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
