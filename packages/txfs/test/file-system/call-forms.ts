import type { FileSystem } from "@retake/txfs";
import type { Call } from "./matrix-operations.ts";

type Method = (...parameters: readonly unknown[]) => unknown;

/** The three ways in which Node's file system is called. */
export const callForms: Readonly<Record<"sync" | "callback" | "promise", (fs: FileSystem) => Call>> = {
	sync:
		(fs) =>
		async (method, ...parameters) =>
			(fs as unknown as Record<string, Method>)[`${method}Sync`]?.(...parameters),
	callback:
		(fs) =>
		(method, ...parameters) =>
			new Promise((resolve, reject) => {
				(fs as unknown as Record<string, Method>)[method]?.(...parameters, (error: unknown, value: unknown) => {
					if (error === null || error === undefined) resolve(value);
					else reject(error);
				});
			}),
	promise:
		(fs) =>
		async (method, ...parameters) =>
			(fs.promises as unknown as Record<string, Method>)[method]?.(...parameters),
};
