# Portolan: Windows Firewall rules of host head, from plan 6ca90e8a5f23f9779237e5444452cbdc.
# Site P01, Head office.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\head.ps1
# Look:    Get-NetFirewallRule -Group 'Portolan: *'
# Remove:  Get-NetFirewallRule | Where-Object { $_.Name -like 'portolan:host:head:*' } | Remove-NetFirewallRule
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
$fresh = 'portolan:host:head:' + [guid]::NewGuid().ToString('N') + ':'
$always = @{
    PolicyStore = 'PersistentStore'
    Profile     = 'Any'
    Action      = 'Allow'
    Enabled     = 'True'
    ErrorAction = 'Stop'
}

$rules = @(
    @{
        Name          = 'in-0957c8bb'
        Group         = 'Portolan: sms-provider'
        DisplayName   = 'console>sms-provider/https (in-0957c8bb)'
        Description   = 'desk to head; console>sms-provider/https; site file lines 6, 43, 72; plan 6ca90e8a5f23f9779237e5444452cbdc; in-0957c8bb'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '8443'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.1.0.99'
    }
    @{
        Name          = 'in-bacb1490'
        Group         = 'Portolan: sms-provider'
        DisplayName   = 'console>sms-provider/https (in-bacb1490)'
        Description   = 'desk to head; console>sms-provider/https; site file lines 6, 43, 72; plan 6ca90e8a5f23f9779237e5444452cbdc; in-bacb1490'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '9443'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.1.0.99'
    }
    @{
        Name          = 'in-c88fee19'
        Group         = 'Portolan: site-server'
        DisplayName   = 'site-system>site-server/site-link (in-c88fee19)'
        Description   = 'dp8 to head; site-system>site-server/site-link; site file lines 43, 52; default port; plan 6ca90e8a5f23f9779237e5444452cbdc; in-c88fee19'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '10180'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.8.0.5'
    }
    @{
        Name          = 'in-c2727f5c'
        Group         = 'Portolan: management-point'
        DisplayName   = 'client>management-point/http (in-c2727f5c)'
        Description   = 'branch-7, branch-8, office to head; client>management-point/http; site file lines 6, 13, 18, 25, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; in-c2727f5c'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '8080'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = @('10.2.0.0/16', '10.7.0.0/16', '10.8.0.0/16')
    }
    @{
        Name          = 'in-7b6ece6d'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (in-7b6ece6d)'
        Description   = 'branch-7, branch-8, office to head; client>distribution-point/https, client>management-point/https; site file lines 6, 13, 14, 18, 21, 25, 27, 43; serves management-point too; plan 6ca90e8a5f23f9779237e5444452cbdc; in-7b6ece6d'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '9443'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = @('10.2.0.0/16', '10.7.0.0/16', '10.8.0.0/16')
    }
    @{
        Name          = 'in-b5d49ee5'
        Group         = 'Portolan: distribution-point'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (in-b5d49ee5)'
        Description   = 'branch-7, branch-8, office, roaming to head; client>distribution-point/https, client>management-point/https; site file lines 6, 13, 14, 18, 21, 25, 27, 31, 43, 44; serves management-point too; plan 6ca90e8a5f23f9779237e5444452cbdc; in-b5d49ee5'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '8443'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = @('1.0.0.0/8', '2.0.0.0/7', '4.0.0.0/6', '8.0.0.0/7', '10.2.0.0/16', '10.7.0.0/16', '10.8.0.0/16', '11.0.0.0/8', '12.0.0.0/6', '16.0.0.0/4', '32.0.0.0/3', '64.0.0.0/3', '96.0.0.0/6', '100.0.0.0/10', '100.128.0.0/9', '101.0.0.0/8', '102.0.0.0/7', '104.0.0.0/5', '112.0.0.0/5', '120.0.0.0/6', '124.0.0.0/7', '126.0.0.0/8', '128.0.0.0/3', '160.0.0.0/5', '168.0.0.0/8', '169.0.0.0/9', '169.128.0.0/10', '169.192.0.0/11', '169.224.0.0/12', '169.240.0.0/13', '169.248.0.0/14', '169.252.0.0/15', '169.255.0.0/16', '170.0.0.0/7', '172.0.0.0/12', '172.32.0.0/11', '172.64.0.0/10', '172.128.0.0/9', '173.0.0.0/8', '174.0.0.0/7', '176.0.0.0/4', '192.0.0.0/9', '192.128.0.0/11', '192.160.0.0/13', '192.169.0.0/16', '192.170.0.0/15', '192.172.0.0/14', '192.176.0.0/12', '192.192.0.0/10', '193.0.0.0/8', '194.0.0.0/7', '196.0.0.0/6', '200.0.0.0/5', '208.0.0.0/4')
    }
    @{
        Name          = 'in-ee252439'
        Group         = 'Portolan: site-system'
        DisplayName   = 'router>site-system/icmp-errors (in-ee252439)'
        Description   = 'gw to head; router>site-system/icmp-errors; site file lines 43, 68; plan 6ca90e8a5f23f9779237e5444452cbdc; in-ee252439'
        Direction     = 'Inbound'
        Protocol      = 'ICMPv4'
        IcmpType      = @('3', '11', '12')
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.1.0.1'
    }
    @{
        Name          = 'in-a63fc1b0'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>neighbour/igmp (in-a63fc1b0)'
        Description   = 'servers to head; site-system>neighbour/igmp; site file lines 8, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; in-a63fc1b0'
        Direction     = 'Inbound'
        Protocol      = '2'
        LocalAddress  = @('10.1.0.10', '224.0.0.0/4')
        RemoteAddress = @('0.0.0.0', '10.1.0.0/24')
    }
    @{
        Name          = 'in-8ac569f0'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>neighbour/mld (in-8ac569f0)'
        Description   = 'servers to head; site-system>neighbour/mld; site file lines 8, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; in-8ac569f0'
        Direction     = 'Inbound'
        Protocol      = 'ICMPv6'
        IcmpType      = @('130', '131', '132', '143')
        LocalAddress  = @('2001:db8:1::10', 'fe80::/10', 'ff02::/16')
        RemoteAddress = @('::', '2001:db8:1::/64', 'fe80::/10')
    }
    @{
        Name          = 'in-b5782e8e'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>neighbour/neighbour-discovery (in-b5782e8e)'
        Description   = 'servers to head; site-system>neighbour/neighbour-discovery; site file lines 8, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; in-b5782e8e'
        Direction     = 'Inbound'
        Protocol      = 'ICMPv6'
        IcmpType      = @('133', '134', '135', '136', '137')
        LocalAddress  = @('2001:db8:1::10', 'fe80::/10', 'ff02::/16')
        RemoteAddress = @('::', '2001:db8:1::/64', 'fe80::/10')
    }
    @{
        Name          = 'out-5528510e'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>dns-server/dns-tcp (out-5528510e)'
        Description   = 'head to ns; site-system>dns-server/dns-tcp; site file lines 43, 60; plan 6ca90e8a5f23f9779237e5444452cbdc; out-5528510e'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '53'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.1.0.53'
    }
    @{
        Name          = 'out-854e611d'
        Group         = 'Portolan: site-server'
        DisplayName   = 'site-server>package-mirror/package-mirror (out-854e611d)'
        Description   = 'head to mirror; site-server>package-mirror/package-mirror; site file lines 43, 56; default port; plan 6ca90e8a5f23f9779237e5444452cbdc; out-854e611d'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '80'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.1.0.40'
    }
    @{
        Name          = 'out-d57c4d92'
        Group         = 'Portolan: site-server'
        DisplayName   = 'site-system>site-server/site-link (out-d57c4d92)'
        Description   = 'head to dp7; site-system>site-server/site-link; site file lines 43, 48; default port; plan 6ca90e8a5f23f9779237e5444452cbdc; out-d57c4d92'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '10180'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.7.0.5'
    }
    @{
        Name          = 'out-c5a3469b'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>dns-server/dns (out-c5a3469b)'
        Description   = 'head to ns; site-system>dns-server/dns; site file lines 43, 60; plan 6ca90e8a5f23f9779237e5444452cbdc; out-c5a3469b'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '53'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.1.0.53'
    }
    @{
        Name          = 'out-2c704aa8'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>time-server/ntp (out-2c704aa8)'
        Description   = 'head to ns; site-system>time-server/ntp; site file lines 43, 60; plan 6ca90e8a5f23f9779237e5444452cbdc; out-2c704aa8'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '123'
        LocalAddress  = '10.1.0.10'
        RemoteAddress = '10.1.0.53'
    }
    @{
        Name          = 'out-72186985'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>neighbour/igmp (out-72186985)'
        Description   = 'head to servers; site-system>neighbour/igmp; site file lines 8, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; out-72186985'
        Direction     = 'Outbound'
        Protocol      = '2'
        LocalAddress  = @('0.0.0.0', '10.1.0.10')
        RemoteAddress = @('10.1.0.0/24', '224.0.0.0/4')
    }
    @{
        Name          = 'out-163f03d8'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>neighbour/mld (out-163f03d8)'
        Description   = 'head to servers; site-system>neighbour/mld; site file lines 8, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; out-163f03d8'
        Direction     = 'Outbound'
        Protocol      = 'ICMPv6'
        IcmpType      = @('130', '131', '132', '143')
        LocalAddress  = @('::', '2001:db8:1::10', 'fe80::/10')
        RemoteAddress = @('2001:db8:1::/64', 'fe80::/10', 'ff02::/16')
    }
    @{
        Name          = 'out-45fe3d67'
        Group         = 'Portolan: site-system'
        DisplayName   = 'site-system>neighbour/neighbour-discovery (out-45fe3d67)'
        Description   = 'head to servers; site-system>neighbour/neighbour-discovery; site file lines 8, 43; plan 6ca90e8a5f23f9779237e5444452cbdc; out-45fe3d67'
        Direction     = 'Outbound'
        Protocol      = 'ICMPv6'
        IcmpType      = @('133', '134', '135', '136', '137')
        LocalAddress  = @('::', '2001:db8:1::10', 'fe80::/10')
        RemoteAddress = @('2001:db8:1::/64', 'fe80::/10', 'ff02::/16')
    }
)

# New ones go beside the former ones, and those go last: what may pass before and after is
# never cut. If one cannot be added, those that were are taken away, and the former stay.
$former = @(Get-NetFirewallRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:head:*:in-*' -or $_.Name -like 'portolan:host:head:*:out-*' })
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
