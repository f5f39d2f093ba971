# Portolan: Windows Firewall rules of host p01-dp, from plan dba7f16bb63edf3f1b5fff446fa34d2e.
# Site CAS, Central administration site.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\p01-dp.ps1
# Look:    Get-NetFirewallRule -Group 'Portolan: *'
# Remove:  Get-NetFirewallRule | Where-Object { $_.Name -like 'portolan:host:p01-dp:*' } | Remove-NetFirewallRule
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

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 'Latest'
$fresh = 'portolan:host:p01-dp:' + [guid]::NewGuid().ToString('N') + ':'
$always = @{
    PolicyStore = 'PersistentStore'
    Profile     = 'Any'
    Action      = 'Allow'
    Enabled     = 'True'
    ErrorAction = 'Stop'
}

# Dynamic RPC: each range is that of the answering host as the site file says it, or the usual
# one. To narrow it, on that host: netsh int ipv4 set dynamicport tcp start=FIRST num=COUNT
# (and the same for ipv6), say `dynamic-ports` for the host in the site file, and plan again.
$rules = @(
    @{
        Name          = 'in-d63e9a12'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'site-server>distribution-point/rpc-endpoint-mapper (in-d63e9a12)'
        Description   = 'p01 to p01-dp; site-server>distribution-point/rpc-endpoint-mapper; site file lines 87, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-d63e9a12'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '135'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'in-e38410c5'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'site-server>distribution-point/smb (in-e38410c5)'
        Description   = 'p01 to p01-dp; site-server>distribution-point/smb; site file lines 87, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-e38410c5'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '445'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'in-836dae39'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'site-server>distribution-point/rpc (in-836dae39)'
        Description   = 'p01 to p01-dp; site-server>distribution-point/rpc; site file lines 87, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-836dae39'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '49152-65535'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'in-c6b0a971'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/https (in-c6b0a971)'
        Description   = 'branch-1, branch-2, hq to p01-dp; client>distribution-point/https; site file lines 33, 34, 38, 40, 44, 45, 113; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-c6b0a971'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '443'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        Name          = 'in-6628793b'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/http (in-6628793b)'
        Description   = 'branch-1, branch-2, hq to p01-dp; client>distribution-point/http; site file lines 10, 33, 34, 38, 40, 44, 45, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-6628793b'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '8080'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        Name          = 'in-914771e5'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'site-server>distribution-point/rpc-endpoint-mapper-udp (in-914771e5)'
        Description   = 'p01 to p01-dp; site-server>distribution-point/rpc-endpoint-mapper-udp; site file lines 87, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-914771e5'
        Direction     = 'Inbound'
        Protocol      = 'UDP'
        LocalPort     = '135'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'in-914877cf'
        Group         = 'Portolan: distribution-point-pxe'
        DisplayName   = 'client>distribution-point-pxe/tftp (in-914877cf)'
        Description   = 'branch-1, branch-2, hq to p01-dp; client>distribution-point-pxe/tftp; site file lines 33, 38, 44, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-914877cf'
        Direction     = 'Inbound'
        Protocol      = 'UDP'
        LocalPort     = '69'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        Name          = 'in-75449802'
        Group         = 'Portolan: distribution-point-pxe'
        DisplayName   = 'client>distribution-point-pxe/binl (in-75449802)'
        Description   = 'branch-1, branch-2, hq to p01-dp; client>distribution-point-pxe/binl; site file lines 33, 38, 44, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-75449802'
        Direction     = 'Inbound'
        Protocol      = 'UDP'
        LocalPort     = '4011'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        Name          = 'in-6765b063'
        Group         = 'Portolan: distribution-point-pxe'
        DisplayName   = 'client>distribution-point-pxe/dhcp (in-6765b063)'
        Description   = 'branch-1, branch-2, hq to p01-dp; client>distribution-point-pxe/dhcp; site file lines 33, 38, 44, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-6765b063'
        Direction     = 'Inbound'
        Protocol      = 'UDP'
        LocalPort     = '67'
        LocalAddress  = @('10.0.1.12', '10.0.255.255', '255.255.255.255')
        RemoteAddress = @('0.0.0.0', '10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        Name          = 'out-a2768b72'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'distribution-point>management-point/https (out-a2768b72)'
        Description   = 'p01-dp to p01-mp; distribution-point>management-point/https; site file lines 108, 113; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-a2768b72'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '443'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.11'
    }
    @{
        Name          = 'out-ddaaf843'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'distribution-point>management-point/http (out-ddaaf843)'
        Description   = 'p01-dp to p01-mp; distribution-point>management-point/http; site file lines 10, 108, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-ddaaf843'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = '10.0.1.11'
    }
    @{
        Name          = 'out-1b8aa234'
        Group         = 'Portolan: distribution-point-pxe'
        DisplayName   = 'client>distribution-point-pxe/dhcp-reply (out-1b8aa234)'
        Description   = 'p01-dp to branch-1, branch-2, hq; client>distribution-point-pxe/dhcp-reply; site file lines 33, 38, 44, 113; correction pxe-offer-goes-to-the-client; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-1b8aa234'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '68'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16', '255.255.255.255')
    }
    @{
        Name          = 'out-78295783'
        Group         = 'Portolan: distribution-point-pxe'
        DisplayName   = 'client>distribution-point-pxe/tftp (out-78295783)'
        Description   = 'p01-dp to branch-1, branch-2, hq; client>distribution-point-pxe/tftp; site file lines 33, 38, 44, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-78295783'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        LocalPort     = '49152-65535'
        RemotePort    = '0-65535'
        LocalAddress  = '10.0.1.12'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
)

# New ones go beside the former ones, and those go last: what may pass before and after is
# never cut. If one cannot be added, those that were are taken away, and the former stay.
$former = @(Get-NetFirewallRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:p01-dp:*:in-*' -or $_.Name -like 'portolan:host:p01-dp:*:out-*' })
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
