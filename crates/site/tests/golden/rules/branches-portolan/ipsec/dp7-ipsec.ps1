# Portolan: IPsec rules of host dp7, from plan 6ca90e8a5f23f9779237e5444452cbdc.
# Site P01, Head office.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\dp7-ipsec.ps1
# Look:    Get-NetIPsecRule -Group 'Portolan: *'; Get-NetIPsecMainModeSA
# Remove:  Get-NetIPsecRule | Where-Object { $_.IPsecRuleName -like 'portolan:host:dp7:*' } | Remove-NetIPsecRule
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
$fresh = 'portolan:host:dp7:' + [guid]::NewGuid().ToString('N') + ':'
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
        IPsecRuleName = 'in-d57c4d92'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>site-server/site-link (in-d57c4d92)'
        Description   = 'head to dp7; site-system>site-server/site-link; site file lines 43, 48; default port; plan 6ca90e8a5f23f9779237e5444452cbdc; in-d57c4d92'
        Protocol      = 'TCP'
        LocalPort     = '10180'
        LocalAddress  = '10.7.0.5'
        RemoteAddress = '10.1.0.10'
    }
    @{
        IPsecRuleName = 'in-7e444dc0'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/https (in-7e444dc0)'
        Description   = 'branch-7, branch-8 to dp7; client>distribution-point/https; site file lines 6, 18, 21, 25, 27, 48; plan 6ca90e8a5f23f9779237e5444452cbdc; in-7e444dc0'
        Protocol      = 'TCP'
        LocalPort     = '8443'
        LocalAddress  = '10.7.0.5'
        RemoteAddress = @('10.7.0.0/16', '10.8.0.0/16')
    }
    @{
        IPsecRuleName = 'in-e742efc0'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/https (in-e742efc0)'
        Description   = 'branch-7, branch-8 to dp7; client>distribution-point/https; site file lines 6, 18, 21, 25, 27, 48; plan 6ca90e8a5f23f9779237e5444452cbdc; in-e742efc0'
        Protocol      = 'TCP'
        LocalPort     = '9443'
        LocalAddress  = '10.7.0.5'
        RemoteAddress = @('10.7.0.0/16', '10.8.0.0/16')
    }
    # in-36564b71: gw to dp7; router>site-system/icmp-errors; site file lines 48, 68
    # not secured: a rule of Windows can only exempt ICMP, not secure it
    # in-5791044b: branch-7 to dp7; site-system>neighbour/igmp; site file lines 16, 48
    # not secured: it is for many at once, and IPsec is between two
    # out-83063c98: dp7 to ns; site-system>dns-server/dns-tcp; site file lines 48, 60
    # not secured: a party is reached before anybody can authenticate, or never can himself
    # out-14980573: dp7 to ns; site-system>dns-server/dns; site file lines 48, 60
    # not secured: a party is reached before anybody can authenticate, or never can himself
    # out-70525620: dp7 to ns; site-system>time-server/ntp; site file lines 48, 60
    # not secured: a party is reached before anybody can authenticate, or never can himself
    # out-2fb9b7f1: dp7 to branch-7; site-system>neighbour/igmp; site file lines 16, 48
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
    Where-Object -FilterScript { $_.IPsecRuleName -like 'portolan:host:dp7:*:in-*' -or $_.IPsecRuleName -like 'portolan:host:dp7:*:out-*' })
$former1 = @(Get-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:dp7:*:authentication-in-out' })
$former2 = @(Get-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:dp7:*:protection-in-out' })
try {
    $null = New-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -Name ($fresh + 'authentication-in-out') -DisplayName 'Portolan: authentication of host dp7' -Proposal $method -ErrorAction 'Stop'
    $null = New-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -Name ($fresh + 'protection-in-out') -DisplayName 'Portolan: protection of host dp7' -Proposal $protection -ErrorAction 'Stop'
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
