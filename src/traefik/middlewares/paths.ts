// Checks of path middlewares: prefixes, paths, redirects.

import type { JsonObject } from '../../model/json.ts';
import { disabled, type Fault, isObjection, useless } from '../fault.ts';
import { text, texts } from '../read.ts';
import { compiled, expressionFault, replacementFault } from '../regular-expression.ts';

export function addPrefix(config: JsonObject): Fault[] {
  if (text(config['prefix']) !== '') return [];
  return [disabled(['prefix'], { message: 'the prefix is empty', hint: 'Write a prefix such as /api.' })];
}

export function redirectRegex(config: JsonObject): Fault[] {
  return replacing(text(config['regex']), text(config['replacement']));
}

export function replacePathRegex(config: JsonObject): Fault[] {
  return replacing(text(config['regex']).trim(), text(config['replacement']).trim());
}

function replacing(written: string, replacement: string): Fault[] {
  const expression = compiled(written);
  if (isObjection(expression)) return [disabled(['regex'], expression)];
  const said = replacementFault(expression, replacement);
  return said === null ? [] : [useless(['replacement'], said)];
}

export function redirectScheme(config: JsonObject): Fault[] {
  const scheme = text(config['scheme']);
  const port = String(config['port'] ?? '');
  const faults: Fault[] = [];
  if (scheme === '') faults.push(disabled(['scheme'], { message: 'the scheme is empty', hint: 'Write https.' }));
  else if (!/^[a-z][a-z0-9+.-]*$/i.test(scheme))
    faults.push(useless(['scheme'], { message: `"${scheme}" is no scheme`, hint: 'Write https.' }));
  if (!/^\d*$/.test(port) || Number(port) > 65535)
    faults.push(useless(['port'], { message: `"${port}" is no port`, hint: 'Write 443, or leave it away.' }));
  return faults;
}

export function replacePath(config: JsonObject): Fault[] {
  const path = text(config['path']);
  if (!/%(?![0-9a-fA-F]{2})/.test(path)) return [];
  const message = `"${path}" holds a % that starts no escape; every request ends with 500`;
  return [useless(['path'], { message, hint: 'Write %25 for the character.' })];
}

export function stripPrefix(config: JsonObject): Fault[] {
  return texts(config['prefixes']).flatMap((prefix, index): Fault[] => {
    if (prefix === '' || prefix.startsWith('/')) return [];
    const message = `"${prefix}" does not start with /, and no path starts with it`;
    return [useless(['prefixes', String(index)], { message, hint: `Write /${prefix}.` })];
  });
}

export function stripPrefixRegex(config: JsonObject): Fault[] {
  return texts(config['regex']).flatMap((expression, index): Fault[] => {
    const fault = expressionFault(expression);
    return fault === null ? [] : [disabled(['regex', String(index)], fault)];
  });
}
