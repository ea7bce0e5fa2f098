export { type Answer, type Exchanges, type ReceivedRequest, type Trailers } from "./exchanges.ts";
export { checkUpstream, HttpProxy, type HttpProxyOptions } from "./http-proxy.ts";
export { RecordExchanges } from "./record-exchanges.ts";
export { type ExchangesReport, type MissedRequest, RecordedExchanges } from "./recorded-exchanges.ts";
export type { SendOptions } from "./send-upstream.ts";
export type { Upstream, UpstreamCredential } from "./upstream.ts";
export { type WithHttpOptions, withHttp } from "./with-http.ts";
