/**
 * Text of somebody else's without what could steer a terminal, hide words or turn their order round: hosts are not
 * trusted with the operator's terminal. Tabs and line ends stay.
 */
export function bare(text: string): string {
  return text
    .replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g, '')
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, '');
}

/** One line of `--json`: what a JSON string may hold and a terminal would obey is written as its code. */
export function jsonLine(value: object): string {
  const steering = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;
  const code = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(value).replace(steering, code)}\n`;
}
