package entraid

import "fmt"

// University is a small tenant to start from: eight invented people, two programs, a page that people sign in to, and the service itself. Base, Redirects
// and Now are for the one who starts it. The service is its first application: it has no role of its own, signs in to
// Graph with its secret, and its client id is the API's.
func University() Config {
	const api = "5e0d5e0d-0000-4000-8000-00000000a001"
	person := func(n int, name, local string, groups ...string) Persona {
		return Persona{
			ID:      fmt.Sprintf("0e750000-0000-4000-8000-%012d", n),
			Name:    name + " Eksempel",
			Address: local + "@aau.example",
			Groups:  groups,
		}
	}
	people := []Persona{
		person(1, "Anna", "anna", Group(1)),
		person(2, "Birk", "birk", Group(1), Group(2)),
		person(3, "Clara", "clara", Group(2)),
		person(4, "David", "david"),
		person(5, "Ellen", "ellen", groups(250)...), // too many for a token
		person(6, "Åse", "aase", Group(3)),
		person(7, "Iben", "iben"),   // administers the service, and may send as nobody
		person(8, "Jonna", "jonna"), // audits it
	}
	people[6].Roles = []string{"SendSikker.Administrator"}
	people[7].Roles = []string{"SendSikker.Auditor"}
	return Config{
		Tenant:   "7e4a4700-0000-4000-8000-000000000001",
		API:      api,
		Scope:    "Mail.SendSecure",
		Role:     "Mail.SendSecure.All",
		AddIn:    "add10000-0000-4000-8000-000000000001",
		Personas: people,
		Applications: []Application{
			{ClientID: api, ObjectID: "5e0d5e0d-0000-4000-8000-00000000b001", Name: "Send sikker", Secret: "kun-i-sandkassen-1"},
			{ClientID: "a9900000-0000-4000-8000-00000000a002", ObjectID: "a9900000-0000-4000-8000-00000000b002",
				Name: "Sagssystem", Secret: "kun-i-sandkassen-2", Roles: []string{"Mail.SendSecure.All"}},
			{ClientID: "a9900000-0000-4000-8000-00000000a003", ObjectID: "a9900000-0000-4000-8000-00000000b003",
				Name: "Rapportsystem", Secret: "kun-i-sandkassen-3"}, // was given no role
			{ClientID: "adb1e500-0000-4000-8000-00000000a004", ObjectID: "adb1e500-0000-4000-8000-00000000b004",
				Name: "Send sikker, administration", Secret: "kun-i-sandkassen-4"}, // people sign in to its page
		},
	}
}

// Group is the id of the n-th group.
func Group(n int) string { return fmt.Sprintf("960b0000-0000-4000-8000-%012d", n) }

func groups(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = Group(i + 1)
	}
	return ids
}
