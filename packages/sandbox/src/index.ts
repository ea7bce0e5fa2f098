export { type BubblewrapHost, type BubblewrapOptions, createBubblewrapDriver } from "./bubblewrap/bubblewrap-driver.ts";
export type { BubblewrapTools } from "./bubblewrap/tools.ts";
export { fixedClockSeconds } from "./determinism/fixed-clock.ts";
export { writePreloads } from "./determinism/write-preloads.ts";
export { cleanUpDocker, type DockerCleanUp } from "./docker/clean-up-docker.ts";
export type { DaemonAddress, RemoteDaemon } from "./docker/daemon-address.ts";
export {
	createDockerDriver,
	type DockerDriverOptions,
	type DockerDriverSettings,
	defaultDockerImage,
} from "./docker/docker-driver.ts";
export {
	buildDockerfile,
	type DockerfileBuild,
	type FetchImageOptions,
	type ImageProgress,
	pullDockerImage,
} from "./docker/fetch-image.ts";
export { buildDockerImage, type SandboxImage } from "./docker/import-image.ts";
export { saveDockerImage } from "./docker/save-docker-image.ts";
export { type BuildImageOptions, type BuiltImage, buildImage, requireArtefact } from "./image/build-image.ts";
export { type BuildPlaces, buildRootFileSystem } from "./image/build-root-file-system.ts";
export { type ImageDeclaration, imageReference, readImageDeclaration } from "./image/image-declaration.ts";
export { type ImageRecord, type ImageSource, listImageRecords } from "./image/image-record.ts";
export { type ImportImageOptions, importImage } from "./image/import-image.ts";
export { type ImageRoot, openImageRoot, readWholeRoot, requireImage } from "./image/open-image-root.ts";
export { removeImage, removeUnused } from "./image/remove-image.ts";
export { type AllowRule, parseAllowRule } from "./network/allow-rule.ts";
export type { NetworkDoor } from "./network/network-door.ts";
export { proxyPort } from "./network/network-environment.ts";
export type {
	InjectedSecret,
	NetworkConnection,
	NetworkOptions,
	NetworkReason,
	NetworkReport,
} from "./network/network-options.ts";
export { readNetworkRules } from "./network/network-rules.ts";
export type {
	CommandControls,
	CommandSignal,
	DriverName,
	DriverReport,
	Enforcement,
	ExecRequest,
	ExecResult,
	ExecUsage,
	Finding,
	FixedClock,
	Loopback,
	ReadOnlyMount,
	Sandbox,
	SandboxDriver,
	SandboxOptions,
	TerminalSize,
	WorkspaceDirectory,
	WorkspaceMount,
	WorkspaceOverlay,
} from "./sandbox.ts";
export { type DockerSeccompProfile, dockerSeccompProfile } from "./seccomp/docker-seccomp-profile.ts";
export { seccompFilter } from "./seccomp/seccomp-filter.ts";
