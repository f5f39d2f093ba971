# Portolan: Windows Firewall rules of host p01-db1, from plan dba7f16bb63edf3f1b5fff446fa34d2e.
# Site CAS, Central administration site.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\p01-db1.ps1
# Look:    Get-NetFirewallRule -Group 'Portolan: *'
# Remove:  Get-NetFirewallRule | Where-Object { $_.Name -like 'portolan:host:p01-db1:*' } | Remove-NetFirewallRule
#
# Windows changes its rules one by one. What is not atomic: while this runs, former and new
# rules hold together; and if it is killed both stay, until it is run again. (Only Group Policy
# has a batch, Open-NetGPO and Save-NetGPO; this file changes the machine's own rules.)
#
# These rules allow. The rest is up to the profiles: as installed, Windows drops what comes in
# and lets everything out, so that rules for Outbound count only after
#   Set-NetFirewallProfile -DefaultInboundAction Block -DefaultOutboundAction Block
# which also cuts whatever no rule names. Rules of others stay as they are, and what they allow
# passes still. Where Group Policy turns local rules off, none of these count.
#
#Requires -Version 5.1
#Requires -RunAsAdministrator
#Requires -Modules NetSecurity

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 'Latest'
$fresh = 'portolan:host:p01-db1:' + [guid]::NewGuid().ToString('N') + ':'
$always = @{
    PolicyStore = 'PersistentStore'
    Profile     = 'Any'
    Action      = 'Allow'
    Enabled     = 'True'
    ErrorAction = 'Stop'
}

$rules = @(
    @{
        Name          = 'in-566fbaf7'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'site-server>sql-server/sql, sms-provider>sql-server/sql (in-566fbaf7)'
        Description   = 'p01 to p01-sql; site-server>sql-server/sql, sms-provider>sql-server/sql; site file lines 87, 98, 102; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-566fbaf7'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '14330'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'in-103b4985'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'management-point>sql-server/sql (in-103b4985)'
        Description   = 'p01-mp to p01-sql; management-point>sql-server/sql; site file lines 98, 102, 108; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-103b4985'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '14330'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = '10.0.1.11'
    }
    @{
        Name          = 'in-7a47e4dc'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'software-update-point>sql-server/sql (in-7a47e4dc)'
        Description   = 'p01-sup to p01-sql; software-update-point>sql-server/sql; site file lines 98, 102, 118; correction software-update-point-asks-the-database; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-7a47e4dc'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '14330'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = '10.0.1.13'
    }
    @{
        Name          = 'in-df5e1129'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'reporting-services-point>sql-server/sql (in-df5e1129)'
        Description   = 'p01-help to p01-sql; reporting-services-point>sql-server/sql; site file lines 98, 102, 123; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-df5e1129'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '14330'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = '10.0.1.14'
    }
    @{
        Name          = 'in-be7a1fe7'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'sql-server>sql-server/database-replication (in-be7a1fe7)'
        Description   = 'cas-db, s01, s02 to p01-sql; sql-server>sql-server/database-replication; site file lines 82, 98, 134, 139; correction sql-replication-both-ways; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-be7a1fe7'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '4022'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = @('10.0.0.11', '10.11.0.10', '10.12.0.10')
    }
    @{
        Name          = 'in-28b967e2'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'sql-server>sql-server/sql (in-28b967e2)'
        Description   = 'cas-db, s01, s02 to p01-sql; sql-server>sql-server/sql; site file lines 82, 98, 102, 134, 139; correction sql-replication-both-ways; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-28b967e2'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '14330'
        LocalAddress  = '10.0.1.40/31'
        RemoteAddress = @('10.0.0.11', '10.11.0.10', '10.12.0.10')
    }
    @{
        Name          = 'out-1c0603e6'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'sql-server>sql-server/sql (out-1c0603e6)'
        Description   = 'p01-sql to cas-db, s01, s02; sql-server>sql-server/sql; site file lines 82, 98, 134, 139; correction sql-replication-both-ways; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-1c0603e6'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '1433'
        LocalAddress  = '10.0.1.41'
        RemoteAddress = @('10.0.0.11', '10.11.0.10', '10.12.0.10')
    }
    @{
        Name          = 'out-6ce4a5c6'
        Group         = 'Portolan: sql-server'
        DisplayName   = 'sql-server>sql-server/database-replication (out-6ce4a5c6)'
        Description   = 'p01-sql to cas-db, s01, s02; sql-server>sql-server/database-replication; site file lines 82, 98, 134, 139; correction sql-replication-both-ways; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-6ce4a5c6'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '4022'
        LocalAddress  = '10.0.1.41'
        RemoteAddress = @('10.0.0.11', '10.11.0.10', '10.12.0.10')
    }
)

# New ones go beside the former ones, and those go last: what may pass before and after is
# never cut. If one cannot be added, those that were are taken away, and the former stay.
$former = @(Get-NetFirewallRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:p01-db1:*:in-*' -or $_.Name -like 'portolan:host:p01-db1:*:out-*' })
try {
    foreach ($rule in $rules) {
        $rule.Name = $fresh + $rule.Name
        $null = New-NetFirewallRule @always @rule
    }
}
catch {
    Get-NetFirewallRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
        Where-Object -FilterScript { $_.Name -like ($fresh + '*') } |
        Remove-NetFirewallRule -ErrorAction 'Stop'
    throw
}
$former | Remove-NetFirewallRule -ErrorAction 'Stop'
