// Package burst measures how soon after the scheduler's first refusal the detector counts every pod of a crowd that fits nowhere.
package burst
