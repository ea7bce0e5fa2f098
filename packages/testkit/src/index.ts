export { answers, type DockerFixture, ensureDocker } from "./docker/ensure-docker.ts";
export {
	startDockerWithGvisor,
	startDockerWithUsers,
	startRootlessDocker,
	startSmallDocker,
} from "./docker/start-other-docker.ts";
export { type RemoteDockerFixture, startRemoteDocker } from "./docker/start-remote-docker.ts";
export { type HostNeed, needs, unmetNeeds } from "./host/host-needs.ts";
export { describeSandbox, type Refusals } from "./sandbox/describe-sandbox.ts";
export { type HostProcess, hostProcesses, untilProcesses } from "./sandbox/host-processes.ts";
export type { OpenSandboxHarness, SandboxHarness } from "./sandbox/sandbox-harness.ts";
export { type CommandOptions, openRoom, type SandboxRoom, text } from "./sandbox/sandbox-room.ts";
export { compareTriples } from "./transaction/compare-triples.ts";
export { describeMountedTransactions } from "./transaction/describe-mounted-transactions.ts";
export { describeProgramTriples } from "./transaction/describe-program-triples.ts";
export { describeTransactions, type TransactionHarness } from "./transaction/describe-transactions.ts";
export { describeTriples } from "./transaction/describe-triples.ts";
export { DirectoryOracle } from "./transaction/directory-oracle.ts";
export { listDirectory, type TreeListing } from "./transaction/list-directory.ts";
export { listChangeset, listDifference, listTree } from "./transaction/list-tree.ts";
export { type LayerFault, plantFault } from "./transaction/plant-fault.ts";
export { type CommandInside, runInside } from "./transaction/run-inside.ts";
export { treeOfListing } from "./transaction/tree-of-listing.ts";
export { operationsBase, type TreeOperation, type TreeWrite, treeOperations } from "./transaction/tree-write.ts";
export {
	changesetBetween,
	normalisePlantedTree,
	type PlantedTree,
	plantTree,
	readPlantedTree,
	removePlantedTree,
} from "./worktree/planted-tree.ts";
