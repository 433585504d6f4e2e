# Send sikker: the app registrations in Microsoft Entra. Read it, then run it; it may be run again, and changes what differs.
# Needs the Microsoft Graph PowerShell modules (Install-Module Microsoft.Graph.Applications -Scope CurrentUser), and who runs it must be
# Privileged Role Administrator, or Cloud Application Administrator without -GroupLookup.
# It gives nobody a right over mailboxes: that is 2-exchange.ps1, for single mailboxes.
#Requires -Modules Microsoft.Graph.Authentication, Microsoft.Graph.Applications
[CmdletBinding()]
param(
    # Public half (.cer) of the certificate that the service proves itself to Entra with: as the sender, and where administrators sign in.
    # Without it, add a federated or a managed identity to the sender by hand, and a secret to the API's registration (web-secret-file).
    [string] $SenderCertificate = '',
    # Lets the service ask which groups somebody is in, for people with more than 200.
    [switch] $GroupLookup
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Tenant       = <<ps .Tenant>>
$BaseUrl      = <<ps .BaseURL>>
$HostName     = <<ps .Host>>
$ScopeName    = 'Mail.SendSecure'
$SpaRedirects = @("brk-multihub://$HostName", "$BaseUrl/addin/signin.html")
$WebRedirects = @("$BaseUrl/admin/sign-in/answer")

Connect-MgGraph -TenantId $Tenant -NoWelcome -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'
$context = Get-MgContext
if ($context.TenantId -ne $Tenant) { throw "You are signed in to tenant $($context.TenantId), and not to $Tenant." }

# An app registration is known by a tag and not by its name, which others may have, too.
function Get-OwnApplication([string] $Kind, [string] $Name) {
    $tag = "sendsikker:${Kind}:$HostName"
    $found = @(Get-MgApplication -All -Filter "tags/any(t:t eq '$tag')" -ConsistencyLevel eventual -CountVariable count)
    if ($found.Count -gt 1) { throw "There are $($found.Count) app registrations with the tag $tag. Delete the wrong ones first." }
    if ($found.Count -eq 1) { Write-Host "$Name is there: $($found[0].AppId)"; return $found[0] }
    $made = New-MgApplication -DisplayName $Name -SignInAudience 'AzureADMyOrg' -Tags @($tag)
    Write-Host "$Name was made: $($made.AppId)"
    return $made
}

function Get-OwnServicePrincipal([string] $AppId) {
    $found = @(Get-MgServicePrincipal -Filter "appId eq '$AppId'")
    if ($found.Count -gt 0) { return $found[0] }
    return New-MgServicePrincipal -AppId $AppId
}

$api    = Get-OwnApplication 'api'    'Send sikker'
$addin  = Get-OwnApplication 'addin'  'Send sikker (Outlook)'
$sender = Get-OwnApplication 'sender' 'Send sikker (afsender)'

# The API: what callers get tokens for. What is there keeps its id: consents and assignments hang on it.
$scopeId = [guid]::NewGuid().ToString()
foreach ($scope in @($api.Api.Oauth2PermissionScopes)) { if ($scope -and $scope.Value -eq $ScopeName) { $scopeId = $scope.Id } }
$scopes = @(@{
    Id = $scopeId; Value = $ScopeName; Type = 'User'; IsEnabled = $true
    AdminConsentDisplayName = 'Send secure mail'; AdminConsentDescription = 'Lets the program send secure mail for the signed-in person, from the function mailboxes that they may use.'
    UserConsentDisplayName = 'Send secure mail'; UserConsentDescription = 'Lets the program send secure mail for you.'
})
$wanted = @(
    @{ Value = 'Mail.SendSecure.All';      DisplayName = 'Send secure mail';             Description = 'Programs that send secure mail by themselves.';              AllowedMemberTypes = @('Application') }
    @{ Value = 'SendSikker.Administrator'; DisplayName = 'Send sikker: administrator';   Description = 'Administers mailboxes, grants, certificates and authorities.'; AllowedMemberTypes = @('User', 'Application') }
    @{ Value = 'SendSikker.Auditor';       DisplayName = 'Send sikker: auditor';         Description = 'Sees everything and changes nothing.';                        AllowedMemberTypes = @('User', 'Application') }
)
$roles = @($api.AppRoles | Where-Object { $_ -and $_.Value -notin $wanted.Value })
foreach ($role in $wanted) {
    $id = [guid]::NewGuid().ToString()
    foreach ($have in @($api.AppRoles)) { if ($have -and $have.Value -eq $role.Value) { $id = $have.Id } }
    $roles += @{ Id = $id; Value = $role.Value; DisplayName = $role.DisplayName; Description = $role.Description; AllowedMemberTypes = $role.AllowedMemberTypes; IsEnabled = $true }
}
Update-MgApplication -ApplicationId $api.Id -IdentifierUris @("api://$($api.AppId)") -AppRoles $roles -GroupMembershipClaims 'ApplicationGroup' `
    -Web @{ RedirectUris = $WebRedirects } `
    -OptionalClaims @{ AccessToken = @(@{ Name = 'idtyp' }, @{ Name = 'groups' }); IdToken = @(@{ Name = 'groups' }) } `
    -Api @{ RequestedAccessTokenVersion = 2; Oauth2PermissionScopes = $scopes }
# The add-in may ask for the scope without asking people. It can be named only when the scope is there.
Update-MgApplication -ApplicationId $api.Id `
    -Api @{ RequestedAccessTokenVersion = 2; Oauth2PermissionScopes = $scopes; PreAuthorizedApplications = @(@{ AppId = $addin.AppId; DelegatedPermissionIds = @($scopeId) }) }

# The add-in: a public client. The first address is for sign-in within Outlook, the second for Outlooks without it.
Update-MgApplication -ApplicationId $addin.Id -Spa @{ RedirectUris = $SpaRedirects } `
    -RequiredResourceAccess @(@{ ResourceAppId = $api.AppId; ResourceAccess = @(@{ Id = $scopeId; Type = 'Scope' }) })

# The sender: a program with no right over mailboxes in Entra, ever. The API's registration has no right at all: its proof is for the
# sign-in of administrators, whose codes it redeems.
if ($SenderCertificate) {
    $certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new((Resolve-Path -LiteralPath $SenderCertificate).Path)
    if ($certificate.HasPrivateKey) { throw 'Give the public half alone (.cer): the private key stays with the service.' }
    foreach ($application in @($sender, $api)) {
        $known = @($application.KeyCredentials | Where-Object { $_ -and $_.CustomKeyIdentifier -and [System.BitConverter]::ToString($_.CustomKeyIdentifier).Replace('-', '') -eq $certificate.Thumbprint })
        if ($known.Count -eq 0) {
            $keys = @($application.KeyCredentials | Where-Object { $_ }) + @(@{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate.RawData; DisplayName = 'Send sikker' })
            Update-MgApplication -ApplicationId $application.Id -KeyCredentials $keys
        }
    }
}
$apiPrincipal    = Get-OwnServicePrincipal $api.AppId
$addinPrincipal  = Get-OwnServicePrincipal $addin.AppId
$senderPrincipal = Get-OwnServicePrincipal $sender.AppId

$graph = Get-MgServicePrincipal -Filter "appId eq '00000003-0000-0000-c000-000000000000'"
$given = @(Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $senderPrincipal.Id -All)
$graphRoles = @{}
foreach ($role in $graph.AppRoles) { $graphRoles[$role.Value] = $role.Id }
foreach ($assignment in $given) {
    $name = @($graph.AppRoles | Where-Object { $_.Id -eq $assignment.AppRoleId } | ForEach-Object { $_.Value })
    if ($name -like 'Mail*') { Write-Warning "The sender holds $name in Entra: that is for EVERY mailbox of the tenant. Take it away." }
}
if ($GroupLookup) {
    foreach ($name in 'GroupMember.Read.All', 'User.Read.All') {
        if ($given.AppRoleId -notcontains $graphRoles[$name]) {
            $null = New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $senderPrincipal.Id -PrincipalId $senderPrincipal.Id -ResourceId $graph.Id -AppRoleId $graphRoles[$name]
        }
    }
}

# The ids, for 2-exchange.ps1 and for the settings. Nothing of it is secret.
@{ api = $api.AppId; addin = $addin.AppId; sender = $sender.AppId; senderObject = $senderPrincipal.Id } |
    ConvertTo-Json | Set-Content -LiteralPath (Join-Path $PSScriptRoot 'sendsikker-ids.json') -Encoding ascii
$settings = Join-Path $PSScriptRoot 'sendsikker.yaml'
$text = [System.IO.File]::ReadAllText($settings)
$text = $text.Replace('@API@', $api.AppId).Replace('@ADDIN@', $addin.AppId).Replace('@SENDER@', $sender.AppId)
[System.IO.File]::WriteAllText($settings, $text)
Write-Host "The ids stand in sendsikker.yaml. Give people the roles under Enterprise applications, Send sikker ($($apiPrincipal.Id)), Users and groups."
Write-Host "The add-in's enterprise application is $($addinPrincipal.Id). Next: 2-exchange.ps1"
