// The little of preact's types that the pages need. Its own bring those of a browser into the whole program, where nothing
// but the script of the pages runs in one; tsconfig.json names this file in their place.

export interface VNode<P = object> {
  readonly type: unknown;
  readonly props: P;
}
export declare function h(type: string, props: object | null, ...children: unknown[]): VNode;
export declare class Component {}
