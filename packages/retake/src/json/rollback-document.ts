import { z } from "zod";
import { runIdField } from "./fields.ts";

/** What `retake rollback --json` prints. */
export const rollbackDocument = z.strictObject({ runId: runIdField, outcome: z.literal("rolled-back") });
