export { RedstartError } from "./error.js";
export type { Argument } from "./request.js";
export type { Reply } from "./values.js";
export type { Clock, Connection, Listener, Options } from "./redstart.js";
