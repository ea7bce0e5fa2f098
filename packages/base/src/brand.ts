declare const brand: unique symbol;

/** Marks `Value` as a type of its own, so that a bare value of the same shape is not accepted in its place. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
