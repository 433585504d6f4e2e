// Package cpr finds Danish personal identification numbers (CPR numbers) in text, and masks them.
//
//	text ─▶ groups of digits ─▶ shapes (251248-9996, 25.12.48 9996, …) ─▶ a real date? ─▶ judged by what stands around it
//
// A shape whose date is real counts, unless what stands around it says that it is something else: a label ("faktura nr."), an
// amount, a part of a longer number. Modulus 11 and words such as "cpr" raise the confidence, and outweigh that; the absence of
// modulus 11 proves nothing, for numbers without it are given out since 2007. A missed number is a leak and a false alarm is a
// question too many, so doubt is an alarm.
//
// It is the twin of addin/src/guard/cpr.ts, which holds an ordinary mail back: both give the same answer to the letter, and the
// files in testdata hold them to it. A change here is a change there.
//
// It must never do I/O, know what day it is (two programs with two clocks would differ), take more than linear time, or put a
// number it found into an error or a log.
package cpr
