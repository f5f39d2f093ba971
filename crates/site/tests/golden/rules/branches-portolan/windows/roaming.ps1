# Portolan: Windows Firewall rules of each machine of network roaming, from plan 6ca90e8a5f23f9779237e5444452cbdc.
# Site P01, Head office.
#
# NOT RUN ON WINDOWS. Its grammar, and each parameter against Microsoft's documentation,
# are checked where it was made; no Windows has loaded it. Try it on one machine first.
#
# Load, at the prompt of an elevated PowerShell:  .\roaming.ps1
# Look:    Get-NetFirewallRule -Group 'Portolan: *'
# Remove:  Get-NetFirewallRule | Where-Object { $_.Name -like 'portolan:clients:roaming:*' } | Remove-NetFirewallRule
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
$fresh = 'portolan:clients:roaming:' + [guid]::NewGuid().ToString('N') + ':'
$always = @{
    PolicyStore = 'PersistentStore'
    Profile     = 'Any'
    Action      = 'Allow'
    Enabled     = 'True'
    ErrorAction = 'Stop'
}

$rules = @(
    @{
        Name          = 'out-737933fc'
        Group         = 'Portolan: client'
        DisplayName   = 'client>distribution-point/https, client>management-point/https (out-737933fc)'
        Description   = 'roaming to head; client>distribution-point/https, client>management-point/https; site file lines 6, 31, 43, 44; plan 6ca90e8a5f23f9779237e5444452cbdc; out-737933fc'
        Direction     = 'Outbound'
        Protocol      = 'TCP'
        RemotePort    = '443'
        LocalAddress  = @('1.0.0.0/8', '2.0.0.0/7', '4.0.0.0/6', '8.0.0.0/5', '16.0.0.0/4', '32.0.0.0/3', '64.0.0.0/3', '96.0.0.0/4', '112.0.0.0/5', '120.0.0.0/6', '124.0.0.0/7', '126.0.0.0/8', '128.0.0.0/3', '160.0.0.0/5', '168.0.0.0/8', '169.0.0.0/9', '169.128.0.0/10', '169.192.0.0/11', '169.224.0.0/12', '169.240.0.0/13', '169.248.0.0/14', '169.252.0.0/15', '169.255.0.0/16', '170.0.0.0/7', '172.0.0.0/6', '176.0.0.0/4', '192.0.0.0/3')
        RemoteAddress = '203.0.113.7'
    }
)

# New ones go beside the former ones, and those go last: what may pass before and after is
# never cut. If one cannot be added, those that were are taken away, and the former stay.
$former = @(Get-NetFirewallRule -PolicyStore 'PersistentStore' -ErrorAction 'Stop' |
    Where-Object -FilterScript { $_.Name -like 'portolan:clients:roaming:*:in-*' -or $_.Name -like 'portolan:clients:roaming:*:out-*' })
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
