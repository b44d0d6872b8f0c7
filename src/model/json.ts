// Plain JSON values, the only thing that specs, plans and ledger records are made of.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}
