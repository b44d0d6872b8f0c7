// What an API call of the lab answers, before pvesh prints it.

/** Data, or a refusal: of one parameter (shown with the usage line), or in plain words. */
export type Reply =
  | { readonly data: unknown }
  | { readonly refused: { readonly parameter: string; readonly message: string } }
  | { readonly failed: string };

export const done: Reply = { data: null };

export const refused = (parameter: string, message: string): Reply => ({ refused: { parameter, message } });

export const failed = (message: string): Reply => ({ failed: message });
