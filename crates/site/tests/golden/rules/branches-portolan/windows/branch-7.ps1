# Portolan: Windows Firewall rules of each machine of network branch-7, from plan 6ca90e8a5f23f9779237e5444452cbdc.
# Site P01, Head office.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\branch-7.ps1
# Look:    Get-NetFirewallRule -Group 'Portolan: *'
# Remove:  Get-NetFirewallRule | Where-Object { $_.Name -like 'portolan:clients:branch-7:*' } | Remove-NetFirewallRule
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
$fresh = 'portolan:clients:branch-7:' + [guid]::NewGuid().ToString('N') + ':'
$always = @{
    PolicyStore = 'PersistentStore'
    Profile     = 'Any'
    Action      = 'Allow'
    Enabled     = 'True'
    ErrorAction = 'Stop'
}

$rules = @(
    @{
        Name          = 'in-4015d021'
        Group         = 'Portolan: client'
        DisplayName   = 'dhcp-server>client/dhcp-reply (in-4015d021)'
        Description   = 'lease to branch-7; dhcp-server>client/dhcp-reply; site file lines 18, 64; plan 6ca90e8a5f23f9779237e5444452cbdc; in-4015d021'
        Direction     = 'Inbound'
        Protocol      = 'UDP'
        LocalPort     = '68'
        LocalAddress  = @('10.7.0.0/16', '255.255.255.255')
        RemoteAddress = '10.1.0.67'
    }
    @{
        Name          = 'in-67a2677e'
        Group         = 'Portolan: client'
        DisplayName   = 'router>client/icmp-errors (in-67a2677e)'
        Description   = 'gw to branch-7; router>client/icmp-errors; site file lines 18, 68; plan 6ca90e8a5f23f9779237e5444452cbdc; in-67a2677e'
        Direction     = 'Inbound'
        Protocol      = 'ICMPv4'
        IcmpType      = @('3', '11', '12')
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.1'
    }
    @{
        Name          = 'in-a1e21a92'
        Group         = 'Portolan: neighbour'
        DisplayName   = 'client>neighbour/igmp, site-system>neighbour/igmp (in-a1e21a92)'
        Description   = 'branch-7, dp7 to branch-7; client>neighbour/igmp, site-system>neighbour/igmp; site file lines 16, 18, 48; plan 6ca90e8a5f23f9779237e5444452cbdc; in-a1e21a92'
        Direction     = 'Inbound'
        Protocol      = '2'
        LocalAddress  = @('10.7.0.0/16', '224.0.0.0/4')
        RemoteAddress = @('0.0.0.0', '10.7.0.0/16')
    }
    @{
        Name          = 'out-9b2342f3'
        Group         = 'Portolan: client'
        DisplayName   = 'client>dns-server/dns-tcp (out-9b2342f3)'
        Description   = 'branch-7 to ns; client>dns-server/dns-tcp; site file lines 18, 60; plan 6ca90e8a5f23f9779237e5444452cbdc; out-9b2342f3'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '53'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.53'
    }
    @{
        Name          = 'out-51ee8c1d'
        Group         = 'Portolan: client'
        DisplayName   = 'client>package-mirror/package-mirror (out-51ee8c1d)'
        Description   = 'branch-7 to mirror; client>package-mirror/package-mirror; site file lines 18, 56; default port; plan 6ca90e8a5f23f9779237e5444452cbdc; out-51ee8c1d'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '80'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.40'
    }
    @{
        Name          = 'out-e62506df'
        Group         = 'Portolan: client'
        DisplayName   = 'client>management-point/http (out-e62506df)'
        Description   = 'branch-7 to head; client>management-point/http; site file lines 6, 18, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; out-e62506df'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8080'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.10'
    }
    @{
        Name          = 'out-f355a7a7'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (out-f355a7a7)'
        Description   = 'branch-7 to head; client>distribution-point/https, client>management-point/https; site file lines 6, 18, 21, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; out-f355a7a7'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8443'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.10'
    }
    @{
        Name          = 'out-64408110'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (out-64408110)'
        Description   = 'branch-7 to head; client>distribution-point/https, client>management-point/https; site file lines 6, 18, 21, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; out-64408110'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '9443'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.10'
    }
    @{
        Name          = 'out-28dde5e6'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https (out-28dde5e6)'
        Description   = 'branch-7 to dp7, dp8; client>distribution-point/https; site file lines 6, 18, 21, 48, 52; plan 6ca90e8a5f23f9779237e5444452cbdc; out-28dde5e6'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8443'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = @('10.7.0.5', '10.8.0.5')
    }
    @{
        Name          = 'out-6ffbb904'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https (out-6ffbb904)'
        Description   = 'branch-7 to dp7, dp8; client>distribution-point/https; site file lines 6, 18, 21, 48, 52; plan 6ca90e8a5f23f9779237e5444452cbdc; out-6ffbb904'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '9443'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = @('10.7.0.5', '10.8.0.5')
    }
    @{
        Name          = 'out-e8a5ad76'
        Group         = 'Portolan: client'
        DisplayName   = 'client>dns-server/dns (out-e8a5ad76)'
        Description   = 'branch-7 to ns; client>dns-server/dns; site file lines 18, 60; plan 6ca90e8a5f23f9779237e5444452cbdc; out-e8a5ad76'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '53'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.53'
    }
    @{
        Name          = 'out-94e8467b'
        Group         = 'Portolan: client'
        DisplayName   = 'client>time-server/ntp (out-94e8467b)'
        Description   = 'branch-7 to ns; client>time-server/ntp; site file lines 18, 60; plan 6ca90e8a5f23f9779237e5444452cbdc; out-94e8467b'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '123'
        LocalAddress  = '10.7.0.0/16'
        RemoteAddress = '10.1.0.53'
    }
    @{
        Name          = 'out-b0c6779b'
        Group         = 'Portolan: client'
        DisplayName   = 'client>dhcp-server/dhcp (out-b0c6779b)'
        Description   = 'branch-7 to lease; client>dhcp-server/dhcp; site file lines 18, 64; plan 6ca90e8a5f23f9779237e5444452cbdc; out-b0c6779b'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '67'
        LocalAddress  = @('0.0.0.0', '10.7.0.0/16')
        RemoteAddress = @('10.1.0.67', '10.1.0.255', '255.255.255.255')
    }
    @{
        Name          = 'out-a1e21a92'
        Group         = 'Portolan: client'
        DisplayName   = 'client>neighbour/igmp, site-system>neighbour/igmp (out-a1e21a92)'
        Description   = 'branch-7 to branch-7, dp7; client>neighbour/igmp, site-system>neighbour/igmp; site file lines 16, 18, 48; serves neighbour too; plan 6ca90e8a5f23f9779237e5444452cbdc; out-a1e21a92'
        Direction     = 'Outbound'
        Protocol      = '2'
        LocalAddress  = @('0.0.0.0', '10.7.0.0/16')
        RemoteAddress = @('10.7.0.0/16', '224.0.0.0/4')
    }
)

# New ones go beside the former ones, and those go last: what may pass before and after is
# never cut. If one cannot be added, those that were are taken away, and the former stay.
$former = @(Get-NetFirewallRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:clients:branch-7:*:in-*' -or $_.Name -like 'portolan:clients:branch-7:*:out-*' })
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
