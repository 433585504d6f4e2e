# Send sikker: what the service may do in Exchange Online: the function mailboxes, and nothing else. Read it, then run it, after 1-entra.ps1.
# It may be run again: it adds what is missing. Needs the module ExchangeOnlineManagement, and who runs it must be in Organization Management.
# What is granted here takes up to two hours to hold.
#Requires -Modules ExchangeOnlineManagement
[CmdletBinding()]
param(
    # Makes the shared mailboxes that do not exist. Without it they are named, and left out.
    [switch] $CreateMissing,
    # Lets sealed mail above 2.9 MB go by SMTP (graph.large: smtp).
    [switch] $Smtp
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Mailboxes = @('sikkermail@its.example.dk', ('o' + [string][char]0x0027 + 'brien+sikker@example.dk'))
$Marker    = 'SENDSIKKER'
$ScopeName = 'Send sikker'

$ids = Get-Content -Raw -LiteralPath (Join-Path $PSScriptRoot 'sendsikker-ids.json') | ConvertFrom-Json
$appId = ([guid] $ids.sender).ToString()
$objectId = ([guid] $ids.senderObject).ToString()

Connect-ExchangeOnline -ShowBanner:$false

if (-not @(Get-ServicePrincipal | Where-Object { $_.AppId -eq $appId })) {
    $null = New-ServicePrincipal -AppId $appId -ObjectId $objectId -DisplayName 'Send sikker'
}

# The mailboxes carry a mark, and the scope is all that carry it.
foreach ($address in $Mailboxes) {
    $box = Get-EXOMailbox -Identity $address -ErrorAction SilentlyContinue
    if (-not $box -and $CreateMissing) {
        $alias = ($address -replace '[^A-Za-z0-9]', '-')
        $null = New-Mailbox -Shared -Name $alias -Alias $alias -DisplayName $address -PrimarySmtpAddress $address
        $box = $address
    }
    if (-not $box) { Write-Warning "There is no mailbox $address. Make it as a shared mailbox, or run with -CreateMissing."; continue }
    Set-Mailbox -Identity $address -CustomAttribute1 $Marker
    if ($Smtp) { Set-CASMailbox -Identity $address -SmtpClientAuthenticationDisabled $false }
}

$filter = "CustomAttribute1 -eq '$Marker'"
$scope = Get-ManagementScope -Identity $ScopeName -ErrorAction SilentlyContinue
if (-not $scope) {
    $null = New-ManagementScope -Name $ScopeName -RecipientRestrictionFilter $filter
} elseif ($scope.RecipientFilter -ne $filter) {
    throw "The management scope '$ScopeName' has another filter: $($scope.RecipientFilter). See who made it, and correct it by hand."
}

$rights = @('Application Mail.Send', 'Application Mail.ReadWrite')
if ($Smtp) { $rights += 'Application SMTP.SendAsApp' }
foreach ($right in $rights) {
    $have = @(Get-ManagementRoleAssignment -Role $right -ErrorAction SilentlyContinue | Where-Object { $_.App -eq $appId -or $_.RoleAssignee -eq $objectId -or $_.RoleAssigneeName -eq $objectId })
    foreach ($assignment in $have) {
        if ($assignment.CustomResourceScope -ne $ScopeName) { Write-Warning "$right is also given by '$($assignment.Name)', with another scope or none: that is wider. Remove it." }
    }
    if (-not @($have | Where-Object { $_.CustomResourceScope -eq $ScopeName })) {
        $null = New-ManagementRoleAssignment -App $appId -Role $right -CustomResourceScope $ScopeName
    }
}
Write-Host 'Done. Wait up to two hours, then: 3-test.ps1'
