# Portolan: IPsec rules of host p01-db1, from plan dba7f16bb63edf3f1b5fff446fa34d2e.
# Site CAS, Central administration site.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\p01-db1-ipsec.ps1
# Look:    Get-NetIPsecRule -Group 'Portolan: *'; Get-NetIPsecMainModeSA
# Remove:  Get-NetIPsecRule | Where-Object { $_.IPsecRuleName -like 'portolan:host:p01-db1:*' } | Remove-NetIPsecRule
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
$fresh = 'portolan:host:p01-db1:' + [guid]::NewGuid().ToString('N') + ':'
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
        IPsecRuleName = 'in-566fbaf7'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'site-server>sql-server/sql, sms-provider>sql-server/sql (in-566fbaf7)'
        Description   = 'p01 to p01-sql; site-server>sql-server/sql, sms-provider>sql-server/sql; site file lines 87, 98, 102; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-566fbaf7'
        Protocol      = 'TCP'
        LocalPort     = '14330'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = '10.0.1.10'
    }
    @{
        IPsecRuleName = 'in-103b4985'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'management-point>sql-server/sql (in-103b4985)'
        Description   = 'p01-mp to p01-sql; management-point>sql-server/sql; site file lines 98, 102, 108; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-103b4985'
        Protocol      = 'TCP'
        LocalPort     = '14330'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = '10.0.1.11'
    }
    @{
        IPsecRuleName = 'in-7a47e4dc'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'software-update-point>sql-server/sql (in-7a47e4dc)'
        Description   = 'p01-sup to p01-sql; software-update-point>sql-server/sql; site file lines 98, 102, 118; correction software-update-point-asks-the-database; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-7a47e4dc'
        Protocol      = 'TCP'
        LocalPort     = '14330'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = '10.0.1.13'
    }
    @{
        IPsecRuleName = 'in-df5e1129'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'reporting-services-point>sql-server/sql (in-df5e1129)'
        Description   = 'p01-help to p01-sql; reporting-services-point>sql-server/sql; site file lines 98, 102, 123; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-df5e1129'
        Protocol      = 'TCP'
        LocalPort     = '14330'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = '10.0.1.14'
    }
    @{
        IPsecRuleName = 'in-be7a1fe7'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'sql-server>sql-server/database-replication (in-be7a1fe7)'
        Description   = 'cas-db, s01, s02 to p01-sql; sql-server>sql-server/database-replication; site file lines 82, 98, 134, 139; correction sql-replication-both-ways; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-be7a1fe7'
        Protocol      = 'TCP'
        LocalPort     = '4022'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = @('10.0.0.11', '10.11.0.10', '10.12.0.10')
    }
    @{
        IPsecRuleName = 'in-28b967e2'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'sql-server>sql-server/sql (in-28b967e2)'
        Description   = 'cas-db, s01, s02 to p01-sql; sql-server>sql-server/sql; site file lines 82, 98, 102, 134, 139; correction sql-replication-both-ways; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-28b967e2'
        Protocol      = 'TCP'
        LocalPort     = '14330'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = @('10.0.0.11', '10.11.0.10', '10.12.0.10')
    }
    @{
        IPsecRuleName = 'out-1c0603e6'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'sql-server>sql-server/sql (out-1c0603e6)'
        Description   = 'p01-sql to cas-db, s01, s02; sql-server>sql-server/sql; site file lines 82, 98, 134, 139; correction sql-replication-both-ways; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-1c0603e6'
        Protocol      = 'TCP'
        RemotePort    = '1433'
        LocalAddress  = '10.0.1.41'
        RemoteAddress = @('10.0.0.11', '10.11.0.10', '10.12.0.10')
    }
    @{
        IPsecRuleName = 'out-6ce4a5c6'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'sql-server>sql-server/database-replication (out-6ce4a5c6)'
        Description   = 'p01-sql to cas-db, s01, s02; sql-server>sql-server/database-replication; site file lines 82, 98, 134, 139; correction sql-replication-both-ways; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-6ce4a5c6'
        Protocol      = 'TCP'
        RemotePort    = '4022'
        LocalAddress  = '10.0.1.41'
        RemoteAddress = @('10.0.0.11', '10.11.0.10', '10.12.0.10')
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
    Where-Object -FilterScript { $_.IPsecRuleName -like 'portolan:host:p01-db1:*:in-*' -or $_.IPsecRuleName -like 'portolan:host:p01-db1:*:out-*' })
$former1 = @(Get-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:p01-db1:*:authentication-in-out' })
$former2 = @(Get-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:p01-db1:*:protection-in-out' })
try {
    $null = New-NetIPsecPhase1AuthSet -PolicyStore 'PersistentStore' -Name ($fresh + 'authentication-in-out') -DisplayName 'Portolan: authentication of host p01-db1' -Proposal $method -ErrorAction 'Stop'
    $null = New-NetIPsecQuickModeCryptoSet -PolicyStore 'PersistentStore' -Name ($fresh + 'protection-in-out') -DisplayName 'Portolan: protection of host p01-db1' -Proposal $protection -ErrorAction 'Stop'
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
