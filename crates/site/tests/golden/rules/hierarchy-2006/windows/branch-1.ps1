# Portolan: Windows Firewall rules of each machine of network branch-1, from plan dba7f16bb63edf3f1b5fff446fa34d2e.
# Site CAS, Central administration site.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\branch-1.ps1
# Look:    Get-NetFirewallRule -Group 'Portolan: *'
# Remove:  Get-NetFirewallRule | Where-Object { $_.Name -like 'portolan:clients:branch-1:*' } | Remove-NetFirewallRule
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
# The reference does not say whether LocalAddress takes the address of a broadcast or of a
# group, to which some of these packets go: try those rules first.
#
#Requires -Version 5.1
#Requires -RunAsAdministrator
#Requires -Modules NetSecurity
param(
    # Features of the article on client firewalls that this machine is to have; those that
    # the site file has on, unless others are given.
    [ValidateSet('client-push', 'group-policy-installation', 'remote-assistance', 'event-viewer')]
    [string[]]$Features = @(),

    # For some groups the article gives no direction, and none is guessed: say here which.
    [ValidateSet('Inbound', 'Outbound')]
    [string[]]$WhereNotStated = @()
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 'Latest'
$fresh = 'portolan:clients:branch-1:' + [guid]::NewGuid().ToString('N') + ':'
$always = @{
    PolicyStore = 'PersistentStore'
    Profile     = 'Any'
    Action      = 'Allow'
    Enabled     = 'True'
    ErrorAction = 'Stop'
}

$rules = @(
    @{
        Name          = 'in-8b8d8412'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point-pxe/dhcp-reply (in-8b8d8412)'
        Description   = 'p01-dp to branch-1; client>distribution-point-pxe/dhcp-reply; site file lines 38, 113; correction pxe-offer-goes-to-the-client; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-8b8d8412'
        Direction     = 'Inbound'
        Protocol      = 'UDP'
        LocalPort     = '68'
        LocalAddress  = @('10.11.0.0/16', '255.255.255.255')
        RemoteAddress = '10.0.1.12'
    }
    @{
        Name          = 'in-706f8069'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point-pxe/tftp (in-706f8069)'
        Description   = 'p01-dp to branch-1; client>distribution-point-pxe/tftp; site file lines 38, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-706f8069'
        Direction     = 'Inbound'
        Protocol      = 'UDP'
        LocalPort     = '0-65535'
        RemotePort    = '49152-65535'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.12'
    }
    @{
        Name          = 'out-2bafd359'
        Group         = 'Portolan: client'
        DisplayName   = 'client>management-point/https (out-2bafd359)'
        Description   = 'branch-1 to p01-mp; client>management-point/https; site file lines 38, 108; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-2bafd359'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '443'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.11'
    }
    @{
        Name          = 'out-eb71dde8'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https (out-eb71dde8)'
        Description   = 'branch-1 to p01-dp; client>distribution-point/https; site file lines 38, 40, 113; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-eb71dde8'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '443'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.12'
    }
    @{
        Name          = 'out-68b11c3a'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (out-68b11c3a)'
        Description   = 'branch-1 to s01; client>distribution-point/https, client>management-point/https; site file lines 38, 40, 134; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-68b11c3a'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '443'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.11.0.10'
    }
    @{
        Name          = 'out-c6666ed4'
        Group         = 'Portolan: client'
        DisplayName   = 'client>global-catalog-domain-controller/global-catalog (out-c6666ed4)'
        Description   = 'branch-1 to dc1; client>global-catalog-domain-controller/global-catalog; site file lines 38, 148; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-c6666ed4'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '3268'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.0.53'
    }
    @{
        Name          = 'out-4f4a9bf1'
        Group         = 'Portolan: client'
        DisplayName   = 'client>management-point/http (out-4f4a9bf1)'
        Description   = 'branch-1 to p01-mp; client>management-point/http; site file lines 10, 38, 108; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-4f4a9bf1'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.11'
    }
    @{
        Name          = 'out-5115747f'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/http (out-5115747f)'
        Description   = 'branch-1 to p01-dp; client>distribution-point/http; site file lines 10, 38, 40, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-5115747f'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.12'
    }
    @{
        Name          = 'out-83b3f835'
        Group         = 'Portolan: client'
        DisplayName   = 'client>fallback-status-point/http (out-83b3f835)'
        Description   = 'branch-1 to p01-help; client>fallback-status-point/http; site file lines 10, 38, 123; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-83b3f835'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.14'
    }
    @{
        Name          = 'out-33099fd3'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/http, client>management-point/http (out-33099fd3)'
        Description   = 'branch-1 to s01; client>distribution-point/http, client>management-point/http; site file lines 10, 38, 40, 134; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-33099fd3'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.11.0.10'
    }
    @{
        Name          = 'out-84121aac'
        Group         = 'Portolan: client'
        DisplayName   = 'client>software-update-point/wsus-http (out-84121aac)'
        Description   = 'branch-1 to p01-sup; client>software-update-point/wsus-http; site file lines 38, 40, 118; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-84121aac'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8530'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.13'
    }
    @{
        Name          = 'out-423c4cf1'
        Group         = 'Portolan: client'
        DisplayName   = 'client>software-update-point/wsus-https (out-423c4cf1)'
        Description   = 'branch-1 to p01-sup; client>software-update-point/wsus-https; site file lines 38, 40, 118; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-423c4cf1'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8531'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.13'
    }
    @{
        Name          = 'out-fe423f26'
        Group         = 'Portolan: client'
        DisplayName   = 'client>management-point/client-notification (out-fe423f26)'
        Description   = 'branch-1 to p01-mp, s01; client>management-point/client-notification; site file lines 10, 38, 108, 134; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-fe423f26'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '10150'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = @('10.0.1.11', '10.11.0.10')
    }
    @{
        Name          = 'out-4909f8b3'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point-pxe/tftp (out-4909f8b3)'
        Description   = 'branch-1 to p01-dp; client>distribution-point-pxe/tftp; site file lines 38, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-4909f8b3'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '69'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.12'
    }
    @{
        Name          = 'out-b932b6e7'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point-pxe/binl (out-b932b6e7)'
        Description   = 'branch-1 to p01-dp; client>distribution-point-pxe/binl; site file lines 38, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-b932b6e7'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '4011'
        LocalAddress  = '10.11.0.0/16'
        RemoteAddress = '10.0.1.12'
    }
    @{
        Name          = 'out-29703f46'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point-pxe/dhcp (out-29703f46)'
        Description   = 'branch-1 to p01-dp; client>distribution-point-pxe/dhcp; site file lines 38, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-29703f46'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '67'
        LocalAddress  = @('0.0.0.0', '10.11.0.0/16')
        RemoteAddress = @('10.0.1.12', '10.0.255.255', '255.255.255.255')
    }
)

# New ones go beside the former ones, and those go last: what may pass before and after is
# never cut. If one cannot be added, those that were are taken away, and the former stay.
$former = @(Get-NetFirewallRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:clients:branch-1:*:in-*' -or $_.Name -like 'portolan:clients:branch-1:*:out-*' })
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

# Features of the article on client firewalls that need more than ports. Windows' own rules in
# these groups have scopes of their own, mostly wider than the plan's; what is switched on here
# stays on until somebody switches it off (Disable-NetFirewallRule -Group).

# Installation by push (client-firewall#client-push-installation).
# Devices between site server and client have to pass the echo requests too.
# Firewalls on the way often block SMB and RPC, and push with them: then install in another way.
if ($Features -contains 'client-push') {
    # group File and Printer Sharing (@FirewallAPI.dll,-28502): The site server copies the installation files.
    Enable-NetFirewallRule -PolicyStore 'PersistentStore' -Group '@FirewallAPI.dll,-28502' -Direction @('Inbound', 'Outbound') -ErrorAction 'Stop'
    # group Windows Management Instrumentation (WMI) (@FirewallAPI.dll,-34251): The site server starts the installation.
    Enable-NetFirewallRule -PolicyStore 'PersistentStore' -Group '@FirewallAPI.dll,-34251' -Direction 'Inbound' -ErrorAction 'Stop'
}

# Installation by Group Policy (client-firewall#client-installation-by-using-group-policy).
if ($Features -contains 'group-policy-installation') {
    # group File and Printer Sharing (@FirewallAPI.dll,-28502): The client fetches the installation files; the text says neither in nor out.
    # The article gives no direction.
    foreach ($direction in $WhereNotStated) {
        Enable-NetFirewallRule -PolicyStore 'PersistentStore' -Group '@FirewallAPI.dll,-28502' -Direction $direction -ErrorAction 'Stop'
    }
}

# Remote Assistance and Remote Desktop (client-firewall#remote-assistance-and-remote-desktop).
# Where the user begins at the client, Windows Firewall allows both groups by itself.
if ($Features -contains 'remote-assistance') {
    # program Helpsvc.exe: Where help is begun from the console.
    # The article gives neither its path nor a direction, so there is no rule. With both it is:
    # New-NetFirewallRule -DisplayName 'Helpsvc.exe' -Program 'PATH\Helpsvc.exe' -Direction ...
    # group Remote Assistance (@FirewallAPI.dll,-33002): Help itself.
    # The article gives no direction.
    foreach ($direction in $WhereNotStated) {
        Enable-NetFirewallRule -PolicyStore 'PersistentStore' -Group '@FirewallAPI.dll,-33002' -Direction $direction -ErrorAction 'Stop'
    }
    # group Remote Desktop (@FirewallAPI.dll,-28752): The user's desktop.
    # The article gives no direction.
    foreach ($direction in $WhereNotStated) {
        Enable-NetFirewallRule -PolicyStore 'PersistentStore' -Group '@FirewallAPI.dll,-28752' -Direction $direction -ErrorAction 'Stop'
    }
}

# Event Viewer, Performance Monitor and Diagnostics (client-firewall#windows-event-viewer-windows-performance-monitor-and-windows-diagnostics).
if ($Features -contains 'event-viewer') {
    # group File and Printer Sharing (@FirewallAPI.dll,-28502): The console reads the client's logs and counters; the text says neither in nor out.
    # The article gives no direction.
    foreach ($direction in $WhereNotStated) {
        Enable-NetFirewallRule -PolicyStore 'PersistentStore' -Group '@FirewallAPI.dll,-28502' -Direction $direction -ErrorAction 'Stop'
    }
}
