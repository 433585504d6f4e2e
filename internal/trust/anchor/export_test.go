package anchor

// What Production knows the test environment by, for the test that compares it with what is published.
const (
	TestRoot    = testRootFingerprint
	TestIssuing = testIssuingFingerprint
)
