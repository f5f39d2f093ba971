# Portolan: IPsec rules of each machine of network branch-7, from plan 6ca90e8a5f23f9779237e5444452cbdc.
# Site P01, Head office.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\branch-7-ipsec.ps1
# Look:    Get-NetIPsecRule -Group 'Portolan: *'; Get-NetIPsecMainModeSA
# Remove:  Get-NetIPsecRule | Where-Object { $_.IPsecRuleName -like 'portolan:clients:branch-7:*' } | Remove-NetIPsecRule
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
$fresh = 'portolan:clients:branch-7:' + [guid]::NewGuid().ToString('N') + ':'
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
    # in-4015d021: lease to branch-7; dhcp-server>client/dhcp-reply; site file lines 18, 64
    # not secured: it is for many at once, and IPsec is between two
    # in-67a2677e: gw to branch-7; router>client/icmp-errors; site file lines 18, 68
    # not secured: a rule of Windows can only exempt ICMP, not secure it
    # in-a1e21a92: branch-7, dp7 to branch-7; client>neighbour/igmp, site-system>neighbour/igmp; site file lines 16, 18, 48
    # not secured: it is for many at once, and IPsec is between two
    # out-9b2342f3: branch-7 to ns; client>dns-server/dns-tcp; site file lines 18, 60
    # not secured: a party is reached before anybody can authenticate, or never can himself
    @{
        IPsecRuleName = 'out-51ee8c1d'
        Group         = 'Portolan: client'
        DisplayName   = 'client>package-mirror/package-mirror (out-51ee8c1d)'
        Description   = 'branch-7 to mirror; client>package-mirror/package-mirror; site file lines 18, 56; default port; plan 6ca90e8a5f23f9779237e5444452cbdc; out-51ee8c1d'
        Protocol      = 'TCP'
        RemotePort    = '80'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.40'
    }
    @{
        IPsecRuleName = 'out-e62506df'
        Group         = 'Portolan: client'
        DisplayName   = 'client>management-point/http (out-e62506df)'
        Description   = 'branch-7 to head; client>management-point/http; site file lines 6, 18, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; out-e62506df'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.10'
    }
    @{
        IPsecRuleName = 'out-f355a7a7'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (out-f355a7a7)'
        Description   = 'branch-7 to head; client>distribution-point/https, client>management-point/https; site file lines 6, 18, 21, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; out-f355a7a7'
        Protocol      = 'TCP'
        RemotePort    = '8443'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.10'
    }
    @{
        IPsecRuleName = 'out-64408110'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (out-64408110)'
        Description   = 'branch-7 to head; client>distribution-point/https, client>management-point/https; site file lines 6, 18, 21, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; out-64408110'
        Protocol      = 'TCP'
        RemotePort    = '9443'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.10'
    }
    @{
        IPsecRuleName = 'out-28dde5e6'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https (out-28dde5e6)'
        Description   = 'branch-7 to dp7, dp8; client>distribution-point/https; site file lines 6, 18, 21, 48, 52; plan 6ca90e8a5f23f9779237e5444452cbdc; out-28dde5e6'
        Protocol      = 'TCP'
        RemotePort    = '8443'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = @('10.7.0.5', '10.8.0.5')
    }
    @{
        IPsecRuleName = 'out-6ffbb904'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https (out-6ffbb904)'
        Description   = 'branch-7 to dp7, dp8; client>distribution-point/https; site file lines 6, 18, 21, 48, 52; plan 6ca90e8a5f23f9779237e5444452cbdc; out-6ffbb904'
        Protocol      = 'TCP'
        RemotePort    = '9443'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = @('10.7.0.5', '10.8.0.5')
    }
    # out-e8a5ad76: branch-7 to ns; client>dns-server/dns; site file lines 18, 60
    # not secured: a party is reached before anybody can authenticate, or never can himself
    # out-94e8467b: branch-7 to ns; client>time-server/ntp; site file lines 18, 60
    # not secured: a party is reached before anybody can authenticate, or never can himself
    # out-b0c6779b: branch-7 to lease; client>dhcp-server/dhcp; site file lines 18, 64
    # not secured: it is for many at once, and IPsec is between two
    # out-a1e21a92: branch-7 to branch-7, dp7; client>neighbour/igmp, site-system>neighbour/igmp; site file lines 16, 18, 48
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
    Where-Object -FilterScript { $_.IPsecRuleName -like 'portolan:clients:branch-7:*:in-*' -or $_.IPsecRuleName -like 'portolan:clients:branch-7:*:out-*' })
$former1 = @(Get-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:clients:branch-7:*:authentication-in-out' })
$former2 = @(Get-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:clients:branch-7:*:protection-in-out' })
try {
    $null = New-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -Name ($fresh + 'authentication-in-out') -DisplayName 'Portolan: authentication of each machine of network branch-7' -Proposal $method -ErrorAction 'Stop'
    $null = New-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -Name ($fresh + 'protection-in-out') -DisplayName 'Portolan: protection of each machine of network branch-7' -Proposal $protection -ErrorAction 'Stop'
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
