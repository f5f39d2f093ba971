# Portolan: IPsec rules of each machine of network branch-1, from plan dba7f16bb63edf3f1b5fff446fa34d2e.
# Site CAS, Central administration site.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\branch-1-ipsec.ps1
# Look:    Get-NetIPsecRule -Group 'Portolan: *'; Get-NetIPsecMainModeSA
# Remove:  Get-NetIPsecRule | Where-Object { $_.IPsecRuleName -like 'portolan:clients:branch-1:*' } | Remove-NetIPsecRule
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
$fresh = 'portolan:clients:branch-1:' + [guid]::NewGuid().ToString('N') + ':'
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
    # in-8b8d8412: p01-dp to branch-1; client>distribution-point-pxe/dhcp-reply; site file lines 38, 113; correction pxe-offer-goes-to-the-client
    # not secured: it is for many at once, and IPsec is between two
    # in-706f8069: p01-dp to branch-1; client>distribution-point-pxe/tftp; site file lines 38, 113
    # not secured: a rule that secures takes no range of ports
    @{
        IPsecRuleName = 'out-2bafd359'
        Group         = 'Portolan: client'
        DisplayName   = 'client>management-point/https (out-2bafd359)'
        Description   = 'branch-1 to p01-mp; client>management-point/https; site file lines 38, 108; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-2bafd359'
        Protocol      = 'TCP'
        RemotePort    = '443'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.11'
    }
    @{
        IPsecRuleName = 'out-eb71dde8'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https (out-eb71dde8)'
        Description   = 'branch-1 to p01-dp; client>distribution-point/https; site file lines 38, 40, 113; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-eb71dde8'
        Protocol      = 'TCP'
        RemotePort    = '443'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.12'
    }
    @{
        IPsecRuleName = 'out-68b11c3a'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (out-68b11c3a)'
        Description   = 'branch-1 to s01; client>distribution-point/https, client>management-point/https; site file lines 38, 40, 134; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-68b11c3a'
        Protocol      = 'TCP'
        RemotePort    = '443'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.11.0.10'
    }
    # out-c6666ed4: branch-1 to dc1; client>global-catalog-domain-controller/global-catalog; site file lines 38, 148; default port
    # not secured: a party is reached before anybody can authenticate, or never can himself
    @{
        IPsecRuleName = 'out-4f4a9bf1'
        Group         = 'Portolan: client'
        DisplayName   = 'client>management-point/http (out-4f4a9bf1)'
        Description   = 'branch-1 to p01-mp; client>management-point/http; site file lines 10, 38, 108; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-4f4a9bf1'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.11'
    }
    @{
        IPsecRuleName = 'out-5115747f'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/http (out-5115747f)'
        Description   = 'branch-1 to p01-dp; client>distribution-point/http; site file lines 10, 38, 40, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-5115747f'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.12'
    }
    @{
        IPsecRuleName = 'out-83b3f835'
        Group         = 'Portolan: client'
        DisplayName   = 'client>fallback-status-point/http (out-83b3f835)'
        Description   = 'branch-1 to p01-help; client>fallback-status-point/http; site file lines 10, 38, 123; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-83b3f835'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.14'
    }
    @{
        IPsecRuleName = 'out-33099fd3'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/http, client>management-point/http (out-33099fd3)'
        Description   = 'branch-1 to s01; client>distribution-point/http, client>management-point/http; site file lines 10, 38, 40, 134; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-33099fd3'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.11.0.10'
    }
    @{
        IPsecRuleName = 'out-84121aac'
        Group         = 'Portolan: client'
        DisplayName   = 'client>software-update-point/wsus-http (out-84121aac)'
        Description   = 'branch-1 to p01-sup; client>software-update-point/wsus-http; site file lines 38, 40, 118; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-84121aac'
        Protocol      = 'TCP'
        RemotePort    = '8530'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.13'
    }
    @{
        IPsecRuleName = 'out-423c4cf1'
        Group         = 'Portolan: client'
        DisplayName   = 'client>software-update-point/wsus-https (out-423c4cf1)'
        Description   = 'branch-1 to p01-sup; client>software-update-point/wsus-https; site file lines 38, 40, 118; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-423c4cf1'
        Protocol      = 'TCP'
        RemotePort    = '8531'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.13'
    }
    @{
        IPsecRuleName = 'out-fe423f26'
        Group         = 'Portolan: client'
        DisplayName   = 'client>management-point/client-notification (out-fe423f26)'
        Description   = 'branch-1 to p01-mp, s01; client>management-point/client-notification; site file lines 10, 38, 108, 134; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-fe423f26'
        Protocol      = 'TCP'
        RemotePort    = '10150'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = @('10.0.1.11', '10.11.0.10')
    }
    @{
        IPsecRuleName = 'out-4909f8b3'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point-pxe/tftp (out-4909f8b3)'
        Description   = 'branch-1 to p01-dp; client>distribution-point-pxe/tftp; site file lines 38, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-4909f8b3'
        Protocol      = 'UDP'
        RemotePort    = '69'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.12'
    }
    @{
        IPsecRuleName = 'out-b932b6e7'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point-pxe/binl (out-b932b6e7)'
        Description   = 'branch-1 to p01-dp; client>distribution-point-pxe/binl; site file lines 38, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-b932b6e7'
        Protocol      = 'UDP'
        RemotePort    = '4011'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.12'
    }
    # out-29703f46: branch-1 to p01-dp; client>distribution-point-pxe/dhcp; site file lines 38, 113
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
    Where-Object -FilterScript { $_.IPsecRuleName -like 'portolan:clients:branch-1:*:in-*' -or $_.IPsecRuleName -like 'portolan:clients:branch-1:*:out-*' })
$former1 = @(Get-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:clients:branch-1:*:authentication-in-out' })
$former2 = @(Get-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:clients:branch-1:*:protection-in-out' })
try {
    $null = New-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -Name ($fresh + 'authentication-in-out') -DisplayName 'Portolan: authentication of each machine of network branch-1' -Proposal $method -ErrorAction 'Stop'
    $null = New-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -Name ($fresh + 'protection-in-out') -DisplayName 'Portolan: protection of each machine of network branch-1' -Proposal $protection -ErrorAction 'Stop'
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
