package backup

import (
	"regexp"
	"time"
)

// The names that a backup holds. There are no others, so there is no path to climb out by.
const (
	headName     = "sendsikker-backup.json"
	contentsName = "contents.json"
	Database     = "sendsikker.db"
	Key          = "master.key.age"
	SpoolFolder  = "spool/"
)

// format is raised when an older program could not read what is written.
const format = 1

// spooled is what the service calls its copies (two UUIDs with a dot between), with room, and nothing that a file system reads in another way.
var spooled = regexp.MustCompile(`^spool/[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\.[A-Za-z0-9_-]{1,99})?$`)

func known(name string) bool { return name == Database || name == Key || spooled.MatchString(name) }

const (
	// maxHead is far more than what it says.
	maxHead = 64 << 10
	// maxContents holds a line for each of MaxFiles.
	maxContents = 64 << 20
	// MaxFiles is more than a mailbox may have waiting (30 mails a minute for two hours), for a hundred of them.
	MaxFiles = 400_000
)

// Head is what stands first.
type Head struct {
	Format  int       `json:"format"`
	Made    time.Time `json:"made"`
	Version string    `json:"version"` // of the program that wrote it
}

// Item is one file in it.
type Item struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Contents is what stands last.
type Contents struct {
	Items []Item `json:"items"`
	// Gone are copies that the database still waits for, and that ended while the backup was made.
	Gone []string `json:"gone"`
}
