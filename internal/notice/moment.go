package notice

import (
	"fmt"
	"time"

	// The program runs in an image without a zone database, and a receipt that is an hour off is worse than 450 KB.
	_ "time/tzdata"
)

// copenhagen is the zone of all times in the papers: those who read them work there.
func copenhagen() (*time.Location, error) {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		return nil, fmt.Errorf("finding Danish time: %w", err)
	}
	return zone, nil
}

// moment writes a time as people do: "23. november 2026 kl. 14.05", "23 November 2026 at 14:05". No time is an empty one.
func moment(t time.Time, zone *time.Location, language string) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(zone)
	if language == "en" {
		return t.Format("2 January 2006 at 15:04")
	}
	return fmt.Sprintf("%d. %s %d kl. %s", t.Day(), danishMonth(t.Month()), t.Year(), t.Format("15.04"))
}

func danishMonth(m time.Month) string {
	return [...]string{"januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober",
		"november", "december"}[m-1]
}
