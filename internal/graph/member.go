package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"aau.dk/sendsikker/internal/fault"
	abstractions "github.com/microsoft/kiota-abstractions-go"
)

// groupsPerCall is the most that checkMemberGroups takes (directoryobject-checkmembergroups).
const groupsPerCall = 20

// MemberOf says which of the groups, by object id, the person (object id) belongs to, directly or through other groups.
func (c *Client) MemberOf(ctx context.Context, person string, groups []string) ([]string, error) {
	if !isSegment(person) {
		return nil, fault.New(fault.Rejected, "graph_person_unknown", sayPersonUnknown, errors.New("graph: not an object id"))
	}
	asked := slices.Compact(slices.Sorted(slices.Values(groups)))
	var member []string
	for some := range slices.Chunk(asked, groupsPerCall) {
		found, err := c.memberOf(ctx, person, some)
		if err != nil {
			return nil, err
		}
		member = append(member, found...)
	}
	return member, nil
}

func (c *Client) memberOf(ctx context.Context, person string, groups []string) ([]string, error) {
	content, err := json.Marshal(map[string][]string{"groupIds": groups})
	if err != nil {
		return nil, internal(errors.New("graph groups: cannot be written as JSON"))
	}
	const operation = "check_member_groups"
	a, err := c.call(ctx, request{
		operation: operation, method: abstractions.POST,
		template: "/users/{person}/checkMemberGroups", values: map[string]string{"person": person},
		contentType: "application/json", content: content, timeout: callTimeout, limit: smallAnswer,
	})
	if err != nil {
		return nil, silent(operation, err, aboutPerson)
	}
	if a.status != http.StatusOK {
		return nil, c.refused(operation, a, aboutPerson)
	}
	var found struct {
		Value []string `json:"value"`
	}
	err = a.decode(&found)
	if err == nil && found.Value == nil {
		err = errors.New("the answer has no list")
	}
	if err != nil {
		return nil, unreadable(operation, a, err)
	}
	// A group that nobody asked about grants nothing.
	return slices.DeleteFunc(slices.Clone(groups), func(id string) bool { return !slices.Contains(found.Value, id) }), nil
}
