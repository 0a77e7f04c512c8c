package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// promises are what users may rely on in the life of a node, of the processes and of the cloud's client, and the tests that show each,
// as folder and name.
var promises = []struct {
	promise string
	tests   []string
}{
	{"a new group gets the nodes of its minimum, with its labels and as their owner", []string{
		"provisioner/group TestNewGroupGetsAFinalizerAndADesiredSize", "provisioner TestGroupIsFilledToItsDesiredSize", "provisioner TestPodsBecomeVPSieNodes"}},
	{"the wanted size follows bounds that move, and nodes follow the wanted size", []string{
		"provisioner/group TestDesiredFollowsBoundsThatMove", "rebalancer TestSurplusGoesAtOnceAndLeavesTheBusyNode"}},
	{"phases pass in order", []string{"provisioner/lifecycle TestPhasesPassInOrder"}},
	{"a machine that is known is not asked for again, and a node at rest is not written", []string{"provisioner/lifecycle TestReadyMachineIsNeverAskedForAgain"}},
	{"a machine that is not built, does not join or does not become ready in time is given up", []string{
		"provisioner/lifecycle TestMachineThatIsNotBuiltInTimeIsGivenUp", "provisioner/lifecycle TestNodeThatDoesNotJoinInTimeIsGivenUp",
		"provisioner/lifecycle TestNodeThatDoesNotBecomeReadyInTimeIsGivenUp"}},
	{"a machine that never appears is given up, without a loop", []string{"provisioner/lifecycle TestMachineThatNeverAppearsIsGivenUpAndNotAskedForAgain"}},
	{"an account without room pauses its groups, which go on when there is room", []string{"provisioner/lifecycle TestQuotaPausesTheGroupAndRoomResumesIt"}},
	{"what is sold out is replaced by something else in the same cycle", []string{"provisioner/lifecycle TestSoldOutOfferingLeadsToAnotherAtOnce"}},
	{"a node that failed is removed at once", []string{"provisioner/lifecycle TestBrokenMachineIsGivenUp"}},
	{"a node leaves in order: cordon, evict, Node, machine, finalizer", []string{
		"provisioner/lifecycle TestNodeLeavesInAnOrderThatHurtsNoPod", "rebalancer/drain TestDrainCordonsThenEvictsWhatMustMove"}},
	{"what is already gone does not hold the rest up", []string{
		"provisioner/lifecycle TestWhatIsAlreadyGoneDoesNotHoldTheRestUp", "provisioner/lifecycle TestNodeThatWasNeverAskedForLeavesAtOnce"}},
	{"the finalizer stays while the cloud refuses the deletion", []string{"provisioner/lifecycle TestFinalizerStaysWhileTheCloudRefusesTheDeletion"}},
	{"a process that dies at any write leaves one machine, and none in the end", []string{
		"provisioner/lifecycle TestEveryCrashEndsWell", "provisioner/lifecycle TestEveryCrashDuringAReplacementEndsWell",
		"provisioner/lifecycle TestMachineWhoseCreateAnswerWasLostIsAdopted"}},
	{"an API server or a webhook that does not answer leads to no machine", []string{"provisioner/lifecycle TestNothingIsAskedForUnlessTheIntentIsOnRecord"}},
	{"a lookup that finds nothing ends nothing by itself", []string{
		"provisioner/lifecycle TestEmptyListAloneEndsNothing", "provisioner/lifecycle TestEveryMachineOfTheHostNameIsDeleted",
		"provisioner/lifecycle TestReadyNodeIsBelievedMoreThanTheList"}},
	{"every VPSieNode has its own machine and Node, and Nodes of others are not taken", []string{
		"provisioner/lifecycle TestMachinesOfTwoGroupsAreNotMixedUp", "provisioner/lifecycle TestNodeOfAnotherMachineIsNotTakenOver",
		"provisioner/lifecycle TestNodeOfAnotherVPSieNodeIsNotTaken"}},
	{"of two that claim one Node exactly one has it", []string{"provisioner/lifecycle TestOneOfTwoThatClaimANodeWins"}},
	{"a deleted group goes after its nodes, and its namesake stays", []string{
		"provisioner/group TestDeletedGroupGoesAfterItsNodes", "provisioner/group TestGroupOfTheSameNameInAnotherNamespaceIsUntouched",
		"provisioner/lifecycle TestDeletedGroupEndsItsNodesAndBuysNoMore", "provisioner/lifecycle TestNothingIsBoughtForAGroupThatGoes"}},
	{"a node that fails, vanishes or loses its machine is replaced, a few at a time", []string{
		"provisioner/lifecycle TestNodeWhoseMachineIsDeletedOutsideIsReplaced", "provisioner/lifecycle TestNodeThatStaysNotReadyIsReplacedWhenItsTimeIsUp",
		"provisioner/lifecycle TestMeltdownIsHeldBack", "rebalancer/repair TestGuardHoldsForAnyCluster"}},
	{"a machine of ours that nothing stands for is swept after a while, and nobody else's ever is", []string{
		"test/e2e TestOrphanedMachineIsSweptAndItsNeighboursAreNot", "provisioner/hostnames TestForeignNamesAreNotOurs"}},

	{"of two replicas one acts, and the other takes over", []string{
		"test/e2e TestStandbyTakesOver", "test/e2e TestStandbyTakesOverFromADeadLeader", "provisioner/gc TestTwoSweepersAtOnceDoNoHarm"}},
	{"a process that is stopped or killed in the middle of work leaves nothing half done", []string{
		"test/e2e TestControllerStopsInTheMiddleOfWork", "test/e2e TestControllerKilledBetweenCreateAndRecord", "test/e2e TestControllerKilledWhileDeleting"}},
	{"a start with a wrong configuration is refused with every fault", []string{
		"internal/config TestFaultsOfValues", "cmd/vpsie-autoscaler TestInvalidConfigurationListsEveryFaultOnALineOfItsOwn"}},
	{"a cloud that is down takes neither process nor admission with it", []string{"test/e2e TestProbesAndAdmissionHoldWhileTheCloudIsDown"}},
	{"new credentials replace the old ones only when they are good", []string{
		"cmd/vpsie-autoscaler TestNewCredentialsReplaceTheOldOnesOnlyWhenTheyAreGood", "cmd/vpsie-autoscaler TestTheWatchedSecretRotatesTheCredentials"}},
	{"what is at rest is not written", []string{
		"provisioner/group TestIdleGroupIsNotWritten", "provisioner/lifecycle TestReadyMachineIsNeverAskedForAgain"}},
	{"of two writers of the wanted size none is overwritten unseen", []string{
		"provisioner TestNothingIsBoughtOnAnOutdatedGroup", "rebalancer TestSurplusThatOnlyTheCacheSeesStays"}},

	{"both ways to log in send what VPSie wants, over encrypted lines, and tell no secret", []string{
		"provisioner/cloud/vpsie TestAClientLogsInWithAFormAndShowsItsToken", "provisioner/cloud/vpsie TestBothShapesOfALoginAreRead",
		"provisioner/cloud/vpsie TestURLs", "provisioner/cloud/vpsie TestSecretsAreToldNowhere"}},
	{"a refused call is repeated once after one login, and a token that nobody has exchanged is not", []string{
		"provisioner/cloud/vpsie TestARefusedCallIsSentOnceMoreAfterALogin", "provisioner/cloud/vpsie TestATokenIsSentAgainOnlyWhenTheSourceHasAnother",
		"provisioner/cloud/vpsie TestAHundredCallsNeedOneLogin"}},
	{"every failure has its type; reads are repeated when that helps, changes never", []string{
		"provisioner/cloud/vpsie TestErrorsOfTheAPI", "provisioner/cloud/vpsie TestReadsAreRepeatedWhenThatCanHelp",
		"provisioner/cloud/vpsie TestChangesAreNeverRepeatedBlindly", "provisioner/cloud/vpsie TestRetryAfterHoldsAllCalls"}},
	{"the breaker opens, probes and closes, and counts what the cloud is to blame for", []string{
		"provisioner/cloud/vpsie TestTheBreakerOpensProbesAndCloses", "provisioner/cloud/vpsie TestWhatTheBreakerCounts"}},
	{"calls wait for the rate limit, and no longer than their context lasts", []string{
		"provisioner/cloud/vpsie TestRequestsKeepTheRateLimit", "provisioner/cloud/vpsie TestARequestThatHangsIsCutOff"}},
	{"a list is whole or an error", []string{
		"provisioner/cloud/vpsie TestAListThatBreaksOffIsNeverAShortList", "provisioner/cloud/vpsie TestMachinesFetchesThePagesOfAListWithMoreRowsThanItShows"}},
	{"every way of buying machines keeps the contract of the port", []string{
		"provisioner/cloud/fake TestFakeKeepsTheContract", "provisioner/cloud/vpsie TestClientKeepsTheContract", "provisioner/cloud/vpsie/managed TestManagedKubernetesKeepsTheContractOverTheSimulator"}},
	{"a faulty extender costs each pod one time-out at most and places none where it may not be", []string{
		"test/chaos TestPodsArePlacedWhateverTheExtenderAnswers", "test/chaos TestAHungExtenderCostsEachPodOneTimeout", "test/chaos TestAFaultyExtenderEvictsNobodyMore"}},
	{"a webhook that is gone stops nothing but what it guards", []string{
		"webhook TestAnOutageOfTheWebhookStopsNothingElse", "test/e2e TestPodsGetMachinesWhileTheWebhookIsGone"}},
	{"two thousand lives under faults leave nothing behind and nothing unexplained on the bill", []string{"test/soak TestTwoThousandLivesLeaveNothingBehind"}},
}

func TestEveryPromiseHasItsTests(t *testing.T) {
	known := map[string]map[string]bool{}
	for _, promise := range promises {
		for _, test := range promise.tests {
			folder, name, _ := strings.Cut(test, " ")
			if known[folder] == nil {
				known[folder] = testsOf(t, filepath.Join("..", "..", folder))
			}
			if !known[folder][name] {
				t.Errorf("%q: %s has no test %s", promise.promise, folder, name)
			}
		}
	}
}

// testsOf are the names of the functions in the test files of a folder.
func testsOf(t *testing.T, folder string) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, entry.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok {
				names[function.Name.Name] = true
			}
		}
	}
	return names
}
