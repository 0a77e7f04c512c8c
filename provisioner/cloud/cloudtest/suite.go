package cloudtest

import (
	"testing"
	"testing/synctest"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// behaviour is one promise of the port.
type behaviour struct {
	name string
	// needs is the capability without which the promise means nothing; empty means that all providers keep it.
	needs cloud.Capability
	test  func(w *world)
}

// behaviours are all promises, in the order of cloud.Provider's methods.
var behaviours = []behaviour{
	{"CapabilitiesNeverChange", "", capabilitiesNeverChange},
	{"DatacentersHaveDistinctIDs", "", datacentersHaveDistinctIDs},
	{"OfferingsAreComplete", "", offeringsAreComplete},
	{"OfferingsBelongToTheirCaller", "", offeringsBelongToTheirCaller},
	{"OfferingsOfAnUnknownDatacenterAreNotFound", "", offeringsOfAnUnknownDatacenter},

	{"MachineIsPendingAndThenRunning", "", machineIsPendingAndThenRunning},
	{"HostNameIsReportedInLowerCase", "", hostNameIsReportedInLowerCase},
	{"HalfAnOrderIsInvalid", "", halfAnOrderIsInvalid},
	{"WhatIsNotSoldIsRefused", "", whatIsNotSoldIsRefused},
	{"SecondOrderOfAName", "", secondOrderOfAName},
	{"OrdersAtOnceAreAllCarriedOut", "", ordersAtOnce},

	{"UnknownMachineIsNotFound", "", unknownMachineIsNotFound},
	{"PrefixSelectsWithoutRegardToCase", "", prefixSelects},
	{"EmptyPrefixIsRefused", "", emptyPrefixIsRefused},
	{"MachinesOfOthersAreNotListed", "", machinesOfOthersAreNotListed},
	{"ListThatMayBeIncompleteIsAnError", "", incompleteListIsAnError},

	{"TagsThatNoMachineHasSelectNothing", "", missingTagsSelectNothing},
	{"TagsAreKeptAndTold", cloud.CapabilityTags, tagsAreKeptAndTold},
	{"TagsSelect", cloud.CapabilityTags, tagsSelect},
	{"ConfigureBringsTagsInLine", cloud.CapabilityTags, configureBringsTagsInLine},
	{"ConfigureAddsKeysAndTakesNoneOff", cloud.CapabilitySSHKeys, configureAddsKeys},
	{"ConfigureLeavesTheMachineRunning", "", configureLeavesTheMachineRunning},
	{"ConfigureOfAMissingMachineIsNotFound", "", configureOfAMissingMachine},

	{"DeleteIsRepeatedUntilTheMachineIsGone", "", deleteUntilGone},
	{"DeleteLeavesTheOthers", "", deleteLeavesTheOthers},
	{"MachineDeletedByOthersIsGone", "", machineDeletedByOthers},
	{"PendingMachineCannotBeDeleted", "", pendingMachineCannotBeDeleted},

	{"SoldOutNamesWhatAndWhere", "", soldOut},
	{"QuotaIsToldFromSoldOut", "", quota},
	{"LostAnswerProvesNothing", "", lostAnswer},
	{"RefusedCredentials", "", refusedCredentials},
	{"RateLimitSaysWhenToComeBack", "", rateLimit},
	{"BrokenCloudIsTransient", "", brokenCloud},
	{"CancelledCallsEndAtOnce", "", cancelledCalls},
	{"SilentCloudCostsNoMoreThanTheDeadline", "", silentCloud},
}

// Run tries every behaviour on a fresh cloud, which newHarness makes inside the bubble. A behaviour that rests on a capability
// which the provider lacks is skipped; nothing else is.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	for _, b := range behaviours {
		t.Run(b.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.check(t)
				if b.needs != "" && !h.Provider.Capabilities().Has(b.needs) {
					t.Skipf("the provider lacks %s", b.needs)
				}
				b.test(&world{T: t, Harness: h})
			})
		})
	}
}
