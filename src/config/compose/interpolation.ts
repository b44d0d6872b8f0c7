// Variables in the values of a compose file, by its rules of interpolation.

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

/** Names of the variables that a value needs: `$NAME`, `${NAME}` and `${NAME:?…}`, not those with a default or an alternative. */
export function unsetMentions(value: string): string[] {
  const names: string[] = [];
  for (let at = value.indexOf('$'); at >= 0; at = value.indexOf('$', at)) {
    const rest = value.slice(at + 1, at + 300);
    if (rest.startsWith('$')) {
      at += 2;
      continue;
    }
    const braced = rest.startsWith('{');
    const name = NAME.exec(braced ? rest.slice(1) : rest)?.[0];
    at += 1;
    if (name === undefined) continue;
    const operator = braced ? rest.slice(1 + name.length, 3 + name.length) : '';
    // What stands after a default is looked at in turn: it may mention further variables.
    if (!/^:?[-+]/.test(operator)) names.push(name);
  }
  return names;
}

/** The value with variables put in; null where one has no value, or an operator other than a default. */
export function interpolate(value: string, variables: ReadonlyMap<string, string>): string | null {
  let complete = true;
  const text = value.replaceAll(
    /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?-)([^${}]*)|:?\?[^{}]*)?\})/g,
    (whole, plain: string | undefined, braced: string | undefined, operator?: string, otherwise?: string) => {
      const name = plain ?? braced;
      if (name === undefined) return '$';
      const given = variables.get(name);
      if (given !== undefined && !(given === '' && operator === ':-')) return given;
      if (operator === undefined) complete = false;
      return otherwise ?? whole;
    },
  );
  return complete ? text : null;
}
