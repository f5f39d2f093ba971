# Portolan: IPsec rules of each machine of network roaming, from plan 6ca90e8a5f23f9779237e5444452cbdc.
# Site P01, Head office.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\roaming-ipsec.ps1
# Look:    Get-NetIPsecRule -Group 'Portolan: *'; Get-NetIPsecMainModeSA
# Remove:  Get-NetIPsecRule | Where-Object { $_.IPsecRuleName -like 'portolan:clients:roaming:*' } | Remove-NetIPsecRule
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
$fresh = 'portolan:clients:roaming:' + [guid]::NewGuid().ToString('N') + ':'
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
        IPsecRuleName = 'out-737933fc'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (out-737933fc)'
        Description   = 'roaming to head; client>distribution-point/https, client>management-point/https; site file lines 6, 31, 43, 44; plan 6ca90e8a5f23f9779237e5444452cbdc; out-737933fc'
        Protocol      = 'TCP'
        RemotePort    = '443'
        LocalAddress  = @('1.0.0.0/8', '2.0.0.0/7', '4.0.0.0/6', '8.0.0.0/5', '16.0.0.0/4', '32.0.0.0/3', '64.0.0.0/3', '96.0.0.0/4', '112.0.0.0/5', '120.0.0.0/6', '124.0.0.0/7', '126.0.0.0/8', '128.0.0.0/3', '160.0.0.0/5', '168.0.0.0/8', '169.0.0.0/9', '169.128.0.0/10', '169.192.0.0/11', '169.224.0.0/12', '169.240.0.0/13', '169.248.0.0/14', '169.252.0.0/15', '169.255.0.0/16', '170.0.0.0/7', '172.0.0.0/6', '176.0.0.0/4', '192.0.0.0/3')
        RemoteAddress = '203.0.113.7'
    }
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
    Where-Object -FilterScript { $_.IPsecRuleName -like 'portolan:clients:roaming:*:in-*' -or $_.IPsecRuleName -like 'portolan:clients:roaming:*:out-*' })
$former1 = @(Get-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:clients:roaming:*:authentication-in-out' })
$former2 = @(Get-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:clients:roaming:*:protection-in-out' })
try {
    $null = New-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -Name ($fresh + 'authentication-in-out') -DisplayName 'Portolan: authentication of each machine of network roaming' -Proposal $method -ErrorAction 'Stop'
    $null = New-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -Name ($fresh + 'protection-in-out') -DisplayName 'Portolan: protection of each machine of network roaming' -Proposal $protection -ErrorAction 'Stop'
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
