// Minimal preact types for the pages. The original types add DOM types to the whole program, although only the page script runs in a browser;
// tsconfig.json maps to this file.

export interface VNode<P = object> {
  readonly type: unknown;
  readonly props: P;
}
export declare function h(type: string, props: object | null, ...children: unknown[]): VNode;
export declare class Component {}
