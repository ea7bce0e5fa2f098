export { commandEnvironment, credentialFor, defaultUpstreams } from "./command-environment.ts";
export type { Answer, Exchanges, ReceivedRequest, Trailers } from "./exchanges.ts";
export { HttpDoor, type Reachable } from "./http-door.ts";
export { HttpProxy, type HttpProxyOptions } from "./http-proxy.ts";
export { type ExchangesReport, type MissedRequest, RecordedExchanges } from "./recorded-exchanges.ts";
export type { SendOptions } from "./send-upstream.ts";
export { checkHost, checkUpstream, type Upstream, type UpstreamCredential } from "./upstream.ts";
export { type HttpVerifyReport, recordedHttp, verifyWithHttp } from "./verify-with-http.ts";
export { type WithHttpOptions, withHttp } from "./with-http.ts";
