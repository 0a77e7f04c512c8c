// Package group keeps NodeGroups: their bounds, their status, and the order in which a deleted group ends.
package group
