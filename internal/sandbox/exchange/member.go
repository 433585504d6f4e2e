package exchange

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
)

// maxGroups is the most that one checkMemberGroups takes (directoryobject-checkmembergroups).
const maxGroups = 20

func (s *Server) checkMemberGroups(c *call) {
	var in struct {
		GroupIDs []string `json:"groupIds"`
	}
	text, err := io.ReadAll(io.LimitReader(c.r.Body, requestLimit))
	if err != nil || json.Unmarshal(text, &in) != nil || len(in.GroupIDs) == 0 || len(in.GroupIDs) > maxGroups {
		c.refuse(http.StatusBadRequest, "Request_BadRequest", "Invalid value specified for property 'groupIds'.")
		return
	}
	member := []string{}
	if s.config.Members != nil {
		all := s.config.Members(c.r.PathValue("user"))
		for _, id := range in.GroupIDs {
			if slices.Contains(all, id) {
				member = append(member, id)
			}
		}
	}
	c.answer(http.StatusOK, map[string]any{"value": member})
}
