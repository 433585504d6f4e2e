# Send sikker: does the service reach its function mailboxes, and nothing else? It changes nothing. The service's own proof is: sendsikker doctor
#Requires -Modules ExchangeOnlineManagement
[CmdletBinding()]
param()
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Mailboxes = <<list .Mailboxes>>
$Outside   = <<ps .Outside>>

$ids = Get-Content -Raw -LiteralPath (Join-Path $PSScriptRoot 'sendsikker-ids.json') | ConvertFrom-Json
$appId = ([guid] $ids.sender).ToString()

Connect-ExchangeOnline -ShowBanner:$false

function Test-Reach([string] $Address, [bool] $Expected) {
    $wrong = 0
    $rights = @(Test-ServicePrincipalAuthorization -Identity $appId -Resource $Address)
    if ($Expected -and $rights.Count -eq 0) { Write-Warning "${Address}: nothing is granted."; return 1 }
    foreach ($right in $rights) {
        $inScope = "$($right.InScope)" -eq 'True'
        Write-Host "$Address  $($right.RoleName)  in scope: $inScope"
        if ($inScope -ne $Expected) { Write-Warning "${Address}: $($right.RoleName) should be $Expected."; $wrong++ }
    }
    return $wrong
}

$faults = 0
foreach ($address in $Mailboxes) { $faults += Test-Reach $address $true }
if ($Outside) { $faults += Test-Reach $Outside $false } else { Write-Warning 'No mailbox outside was named (--outside), so it is not proved that others are closed.' }
if ($faults -gt 0) { Write-Error "$faults things are not as they should be." -ErrorAction Continue; exit 1 }
Write-Host 'As it should be.'
