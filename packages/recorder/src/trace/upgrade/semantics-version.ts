/** The rules of recording and replay that runs are recorded by now. Each earlier version has a step in `upgrade.ts`. */
export const semanticsVersion = 2;
