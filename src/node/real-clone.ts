/** The real `structuredClone`, for data of our own: during a run, the global of that name is the program's. */
export const cloneReal: typeof structuredClone = structuredClone;
