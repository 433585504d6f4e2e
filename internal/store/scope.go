package store

// Scope is what somebody may see: everything, or what belongs to some mailboxes. Its zero value is nothing. It is a condition of the
// query, and never a filter over an answer: what is not read cannot be shown by mistake, nor counted.
type Scope struct {
	All       bool
	Mailboxes []string // ids
}

// where narrows a query by the column that holds a mailbox's id.
func (s Scope) where(column string) (condition string, args []any) {
	switch {
	case s.All:
		return "", nil
	case len(s.Mailboxes) == 0:
		return " AND FALSE", nil
	}
	args = make([]any, len(s.Mailboxes))
	for i, id := range s.Mailboxes {
		args[i] = id
	}
	return " AND " + column + " IN (" + marks(len(args)) + ")", args
}
