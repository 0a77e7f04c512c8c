// Package oracle tells how far the planner is from the best plan there is. On small random instances the solver CBC finds the optimum:
// all useful ways to fill one machine are listed, and an integer program chooses how many machines are filled in which way. That is
// exact, and shares nothing with the planner. CBC is the program cbc of Debian's package coinor-cbc; without it there is no oracle.
package oracle
