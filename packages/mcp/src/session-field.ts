import { z } from "zod";

/** The input field by which a request names its session. */
export const sessionField = z.string().min(1).describe("the session, as begin or fork returned it");
