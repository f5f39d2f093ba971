# Portolan: Windows Firewall rules of host dp7, from plan 6ca90e8a5f23f9779237e5444452cbdc.
# Site P01, Head office.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\dp7.ps1
# Look:    Get-NetFirewallRule -Group 'Portolan: *'
# Remove:  Get-NetFirewallRule | Where-Object { $_.Name -like 'portolan:host:dp7:*' } | Remove-NetFirewallRule
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
$fresh = 'portolan:host:dp7:' + [guid]::NewGuid().ToString('N') + ':'
$always = @{
    PolicyStore = 'PersistentStore'
    Profile     = 'Any'
    Action      = 'Allow'
    Enabled     = 'True'
    ErrorAction = 'Stop'
}

$rules = @(
    @{
        Name          = 'in-d57c4d92'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>site-server/site-link (in-d57c4d92)'
        Description   = 'head to dp7; site-system>site-server/site-link; site file lines 43, 48; default port; plan 6ca90e8a5f23f9779237e5444452cbdc; in-d57c4d92'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '10180'
        LocalAddress  = '10.7.0.5'
        RemoteAddress = '10.1.0.10'
    }
    @{
        Name          = 'in-7e444dc0'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/https (in-7e444dc0)'
        Description   = 'branch-7, branch-8 to dp7; client>distribution-point/https; site file lines 6, 18, 21, 25, 27, 48; plan 6ca90e8a5f23f9779237e5444452cbdc; in-7e444dc0'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '8443'
        LocalAddress  = '10.7.0.5'
        RemoteAddress = @('10.7.0.0/16', '10.8.0.0/16')
    }
    @{
        Name          = 'in-e742efc0'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/https (in-e742efc0)'
        Description   = 'branch-7, branch-8 to dp7; client>distribution-point/https; site file lines 6, 18, 21, 25, 27, 48; plan 6ca90e8a5f23f9779237e5444452cbdc; in-e742efc0'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '9443'
        LocalAddress  = '10.7.0.5'
        RemoteAddress = @('10.7.0.0/16', '10.8.0.0/16')
    }
    @{
        Name          = 'in-36564b71'
        Group         = 'Portolan: site-system'
        DisplayName   = 'router>site-system/icmp-errors (in-36564b71)'
        Description   = 'gw to dp7; router>site-system/icmp-errors; site file lines 48, 68; plan 6ca90e8a5f23f9779237e5444452cbdc; in-36564b71'
        Direction     = 'Inbound'
        Protocol      = 'ICMPv4'
        IcmpType      = @('3', '11', '12')
        LocalAddress  = '10.7.0.5'
        RemoteAddress = '10.1.0.1'
    }
    @{
        Name          = 'in-5791044b'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>neighbour/igmp (in-5791044b)'
        Description   = 'branch-7 to dp7; site-system>neighbour/igmp; site file lines 16, 48; plan 6ca90e8a5f23f9779237e5444452cbdc; in-5791044b'
        Direction     = 'Inbound'
        Protocol      = '2'
        LocalAddress  = @('10.7.0.5', '224.0.0.0/4')
        RemoteAddress = @('0.0.0.0', '10.7.0.0/16')
    }
    @{
        Name          = 'out-83063c98'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>dns-server/dns-tcp (out-83063c98)'
        Description   = 'dp7 to ns; site-system>dns-server/dns-tcp; site file lines 48, 60; plan 6ca90e8a5f23f9779237e5444452cbdc; out-83063c98'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '53'
        LocalAddress  = '10.7.0.5'
        RemoteAddress = '10.1.0.53'
    }
    @{
        Name          = 'out-14980573'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>dns-server/dns (out-14980573)'
        Description   = 'dp7 to ns; site-system>dns-server/dns; site file lines 48, 60; plan 6ca90e8a5f23f9779237e5444452cbdc; out-14980573'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '53'
        LocalAddress  = '10.7.0.5'
        RemoteAddress = '10.1.0.53'
    }
    @{
        Name          = 'out-70525620'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>time-server/ntp (out-70525620)'
        Description   = 'dp7 to ns; site-system>time-server/ntp; site file lines 48, 60; plan 6ca90e8a5f23f9779237e5444452cbdc; out-70525620'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '123'
        LocalAddress  = '10.7.0.5'
        RemoteAddress = '10.1.0.53'
    }
    @{
        Name          = 'out-2fb9b7f1'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>neighbour/igmp (out-2fb9b7f1)'
        Description   = 'dp7 to branch-7; site-system>neighbour/igmp; site file lines 16, 48; plan 6ca90e8a5f23f9779237e5444452cbdc; out-2fb9b7f1'
        Direction     = 'Outbound'
        Protocol      = '2'
        LocalAddress  = @('0.0.0.0', '10.7.0.5')
        RemoteAddress = @('10.7.0.0/16', '224.0.0.0/4')
    }
)

# New ones go beside the former ones, and those go last: what may pass before and after is
# never cut. If one cannot be added, those that were are taken away, and the former stay.
$former = @(Get-NetFirewallRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:dp7:*:in-*' -or $_.Name -like 'portolan:host:dp7:*:out-*' })
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
