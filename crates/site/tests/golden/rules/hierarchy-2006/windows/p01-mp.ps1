# Portolan: Windows Firewall rules of host p01-mp, from plan dba7f16bb63edf3f1b5fff446fa34d2e.
# Site CAS, Central administration site.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\p01-mp.ps1
# Look:    Get-NetFirewallRule -Group 'Portolan: *'
# Remove:  Get-NetFirewallRule | Where-Object { $_.Name -like 'portolan:host:p01-mp:*' } | Remove-NetFirewallRule
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
$fresh = 'portolan:host:p01-mp:' + [guid]::NewGuid().ToString('N') + ':'
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
        Name          = 'in-3de1b171'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'management-point>site-server/rpc-endpoint-mapper, site-server>cmg-connection-point/rpc-endpoint-mapper (in-3de1b171)'
        Description   = 'p01 to p01-mp; management-point>site-server/rpc-endpoint-mapper, site-server>cmg-connection-point/rpc-endpoint-mapper; site file lines 87, 107, 108; serves management-point too; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-3de1b171'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '135'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'in-a2768b72'
        Group         = 'Portolan: management-point'
        DisplayName   = 'distribution-point>management-point/https (in-a2768b72)'
        Description   = 'p01-dp to p01-mp; distribution-point>management-point/https; site file lines 108, 113; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-a2768b72'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '443'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.12'
    }
    @{
        Name          = 'in-ec2578a1'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'management-point>site-server/smb, site-server>cmg-connection-point/smb (in-ec2578a1)'
        Description   = 'p01 to p01-mp; management-point>site-server/smb, site-server>cmg-connection-point/smb; site file lines 87, 107, 108; serves management-point too; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-ec2578a1'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '445'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'in-ddaaf843'
        Group         = 'Portolan: management-point'
        DisplayName   = 'distribution-point>management-point/http (in-ddaaf843)'
        Description   = 'p01-dp to p01-mp; distribution-point>management-point/http; site file lines 10, 108, 113; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-ddaaf843'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '8080'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.12'
    }
    @{
        Name          = 'in-c439f162'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'management-point>site-server/rpc, site-server>cmg-connection-point/rpc (in-c439f162)'
        Description   = 'p01 to p01-mp; management-point>site-server/rpc, site-server>cmg-connection-point/rpc; site file lines 87, 107, 108; serves management-point too; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-c439f162'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '49152-65535'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'in-a306e78c'
        Group         = 'Portolan: management-point'
        DisplayName   = 'client>management-point/https (in-a306e78c)'
        Description   = 'branch-1, branch-2, hq to p01-mp; client>management-point/https; site file lines 33, 38, 44, 108; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-a306e78c'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '443'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        Name          = 'in-e8e6db99'
        Group         = 'Portolan: management-point'
        DisplayName   = 'client>management-point/http (in-e8e6db99)'
        Description   = 'branch-1, branch-2, hq to p01-mp; client>management-point/http; site file lines 10, 33, 38, 44, 108; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-e8e6db99'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '8080'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        Name          = 'in-a8f83990'
        Group         = 'Portolan: management-point'
        DisplayName   = 'client>management-point/client-notification (in-a8f83990)'
        Description   = 'branch-1, branch-2, hq to p01-mp; client>management-point/client-notification; site file lines 10, 33, 38, 44, 108; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-a8f83990'
        Direction     = 'Inbound'
        Protocol      = 'TCP'
        LocalPort     = '10150'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = @('10.1.0.0/16', '10.11.0.0/16', '10.12.0.0/16')
    }
    @{
        Name          = 'in-a659049c'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'site-server>cmg-connection-point/rpc-endpoint-mapper-udp (in-a659049c)'
        Description   = 'p01 to p01-mp; site-server>cmg-connection-point/rpc-endpoint-mapper-udp; site file lines 87, 107; plan dba7f16bb63edf3f1b5fff446fa34d2e; in-a659049c'
        Direction     = 'Inbound'
        Protocol      = 'UDP'
        LocalPort     = '135'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'out-dd1b680e'
        Group         = 'Portolan: management-point'
        DisplayName   = 'management-point>domain-controller/rpc-endpoint-mapper (out-dd1b680e)'
        Description   = 'p01-mp to dc1; management-point>domain-controller/rpc-endpoint-mapper; site file lines 108, 148; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-dd1b680e'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '135'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.0.53'
    }
    @{
        Name          = 'out-1e698153'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'site-server>cmg-connection-point/rpc-endpoint-mapper (out-1e698153)'
        Description   = 'p01-mp to p01; site-server>cmg-connection-point/rpc-endpoint-mapper; site file lines 87, 107; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-1e698153'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '135'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'out-e4ba4a75'
        Group         = 'Portolan: management-point'
        DisplayName   = 'management-point>domain-controller/ldap (out-e4ba4a75)'
        Description   = 'p01-mp to dc1; management-point>domain-controller/ldap; site file lines 108, 148; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-e4ba4a75'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '389'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.0.53'
    }
    @{
        Name          = 'out-68c1ada3'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'site-server>cmg-connection-point/smb (out-68c1ada3)'
        Description   = 'p01-mp to p01; site-server>cmg-connection-point/smb; site file lines 87, 107; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-68c1ada3'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '445'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'out-20b6d056'
        Group         = 'Portolan: management-point'
        DisplayName   = 'management-point>domain-controller/ldaps (out-20b6d056)'
        Description   = 'p01-mp to dc1; management-point>domain-controller/ldaps; site file lines 108, 148; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-20b6d056'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '636'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.0.53'
    }
    @{
        Name          = 'out-9958143b'
        Group         = 'Portolan: management-point'
        DisplayName   = 'management-point>domain-controller/global-catalog (out-9958143b)'
        Description   = 'p01-mp to dc1; management-point>domain-controller/global-catalog; site file lines 108, 148; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-9958143b'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '3268'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.0.53'
    }
    @{
        Name          = 'out-abbd7e8b'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'cmg-connection-point>software-update-point/wsus-http (out-abbd7e8b)'
        Description   = 'p01-mp to p01-sup; cmg-connection-point>software-update-point/wsus-http; site file lines 107, 118; correction gateway-follows-the-update-point; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-abbd7e8b'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8530'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.13'
    }
    @{
        Name          = 'out-dc18d351'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'cmg-connection-point>software-update-point/wsus-https (out-dc18d351)'
        Description   = 'p01-mp to p01-sup; cmg-connection-point>software-update-point/wsus-https; site file lines 107, 118; correction gateway-follows-the-update-point; default port; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-dc18d351'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '8531'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.13'
    }
    @{
        Name          = 'out-ca87cad9'
        Group         = 'Portolan: management-point'
        DisplayName   = 'management-point>sql-server/sql (out-ca87cad9)'
        Description   = 'p01-mp to p01-sql; management-point>sql-server/sql; site file lines 98, 102, 108; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-ca87cad9'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '14330'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.40'
    }
    @{
        Name          = 'out-ea9b7fd1'
        Group         = 'Portolan: management-point'
        DisplayName   = 'management-point>domain-controller/rpc (out-ea9b7fd1)'
        Description   = 'p01-mp to dc1; management-point>domain-controller/rpc; site file lines 108, 148; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-ea9b7fd1'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '49152-65535'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.0.53'
    }
    @{
        Name          = 'out-cd3e8418'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'site-server>cmg-connection-point/rpc (out-cd3e8418)'
        Description   = 'p01-mp to p01; site-server>cmg-connection-point/rpc; site file lines 87, 107; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-cd3e8418'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '49152-65535'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'out-6f24168a'
        Group         = 'Portolan: cmg-connection-point'
        DisplayName   = 'site-server>cmg-connection-point/rpc-endpoint-mapper-udp (out-6f24168a)'
        Description   = 'p01-mp to p01; site-server>cmg-connection-point/rpc-endpoint-mapper-udp; site file lines 87, 107; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-6f24168a'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '135'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.1.10'
    }
    @{
        Name          = 'out-3c71f6b8'
        Group         = 'Portolan: management-point'
        DisplayName   = 'management-point>domain-controller/ldap-udp (out-3c71f6b8)'
        Description   = 'p01-mp to dc1; management-point>domain-controller/ldap-udp; site file lines 108, 148; plan dba7f16bb63edf3f1b5fff446fa34d2e; out-3c71f6b8'
        Direction     = 'Outbound'
        Protocol      = 'UDP'
        RemotePort    = '389'
        LocalAddress  = '10.0.1.11'
        RemoteAddress = '10.0.0.53'
    }
)

# New ones go beside the former ones, and those go last: what may pass before and after is
# never cut. If one cannot be added, those that were are taken away, and the former stay.
$former = @(Get-NetFirewallRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:host:p01-mp:*:in-*' -or $_.Name -like 'portolan:host:p01-mp:*:out-*' })
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
