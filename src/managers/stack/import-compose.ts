// Removes literal secrets from a compose file: each is replaced by a variable, and the rest of the text is unchanged. Pure.

import { isMap, isScalar, isSeq, type Node, parseDocument, type Scalar } from 'yaml';
import { isPlaceholder, namesSecret, plainSecretsIn } from '../../model/secret-shapes.ts';

export interface HiddenSecret {
  readonly variable: string;
  /** Never shown. */
  readonly value: string;
  /** Service and name: `db POSTGRES_PASSWORD`. */
  readonly was: string;
}

export type WithoutSecrets =
  | { readonly text: string; readonly hidden: readonly HiddenSecret[] }
  | { readonly failure: string };

interface Setting {
  readonly service: string;
  readonly name: string;
  readonly value: string;
  readonly node: Scalar;
  /** It is in a list, as `NAME=value`. */
  readonly inList: boolean;
}

/** @param taken variables that are already used for something else */
export function withoutLiteralSecrets(text: string, taken: ReadonlySet<string>): WithoutSecrets {
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, merge: true });
  const [fault] = document.errors;
  if (fault !== undefined) return { failure: `its compose file is no YAML: ${fault.message.split('\n', 1)[0]}` };
  const hidden = new Map<string, HiddenSecret>();
  const edits: { readonly begin: number; readonly end: number; readonly text: string }[] = [];
  for (const setting of settingsIn(document.contents)) {
    if (!isLiteralSecret(setting)) continue;
    const { range } = setting.node;
    if (range == null || setting.node.anchor !== undefined)
      return {
        failure: `${setting.name} of ${setting.service} holds a secret that cannot be taken out of its compose file`,
      };
    const variable = freeName(setting, taken, hidden);
    hidden.set(variable, { variable, value: setting.value, was: `${setting.name} of ${setting.service}` });
    const mention = `\${${variable}}`;
    edits.push({
      begin: range[0],
      end: range[1],
      text: setting.inList ? `"${setting.name}=${mention}"` : `"${mention}"`,
    });
  }
  const edited = edits
    .toSorted((a, b) => b.begin - a.begin)
    .reduce((all, { begin, end, text: own }) => all.slice(0, begin) + own + all.slice(end), text);
  return { text: edited, hidden: [...hidden.values()] };
}

function isLiteralSecret({ name, value }: Setting): boolean {
  if (value === '' || value.includes('$') || isPlaceholder(value)) return false;
  return (namesSecret(name) && !/_(FILE|PATH|URL|ID|NAME)$/i.test(name)) || plainSecretsIn(value).length > 0;
}

/** Environment settings of all containers, written as a map or list. */
function settingsIn(root: Node | null): Setting[] {
  const services = isMap(root) ? root.get('services', true) : undefined;
  if (!isMap(services)) return [];
  return services.items.flatMap(({ key, value }) => {
    const service = String(isScalar(key) ? key.value : key);
    const environment = isMap(value) ? value.get('environment', true) : undefined;
    if (isMap(environment))
      return environment.items.flatMap((pair): Setting[] => {
        const { key: name, value: node } = pair;
        if (!isScalar(name) || !isScalar(node)) return [];
        return [{ service, name: String(name.value), value: String(node.value ?? ''), node, inList: false }];
      });
    if (!isSeq(environment)) return [];
    return environment.items.flatMap((node): Setting[] => {
      const [, name, set] = isScalar(node) ? (/^([^=]+)=(.*)$/s.exec(String(node.value)) ?? []) : [];
      return !isScalar(node) || name === undefined ? [] : [{ service, name, value: set ?? '', node, inList: true }];
    });
  });
}

/** The container's name of the variable, prefixed by its service where that name is taken. */
function freeName(
  { service, name, value }: Setting,
  taken: ReadonlySet<string>,
  hidden: ReadonlyMap<string, HiddenSecret>,
): string {
  const plain = name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(\d)/, '_$1');
  const own = `${service}_${name}`.replaceAll(/[^A-Za-z0-9_]/g, '_').toUpperCase();
  const names = [plain, own, ...Array.from({ length: 99 }, (_, index) => `${own}_${index + 2}`)];
  return names.find((one) => !taken.has(one) && (hidden.get(one)?.value ?? value) === value) ?? own;
}
