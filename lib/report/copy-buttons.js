// Beside every command, and every value that is to be typed or opened, a button that copies it.
const COPIED = [
  'Type or pick exactly this',
  'Address',
  'Identity',
  'What to do',
  'URL',
  'Keep running',
  'Then open',
  'Public key',
];

/** @param {Element} code */
function isCopied(code) {
  const cell = code.parentElement;
  if (!(cell instanceof HTMLTableCellElement)) return true;
  const heading = cell.closest('table')?.querySelectorAll('th')[cell.cellIndex];
  if (!COPIED.includes(heading?.textContent?.trim() ?? '')) return false;
  return !isDecision(cell) || /For example $/.test(code.previousSibling?.textContent ?? '');
}

/**
 * Of what is for the operator to decide, only the example is a value; the rest is parts of the rule, such as `https://`.
 * @param {Element} cell
 */
function isDecision(cell) {
  return cell.firstElementChild?.textContent === 'your decision';
}

for (const code of [...document.querySelectorAll('pre > code, td > code')].filter(isCopied)) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', `Copy ${code.textContent.trim().slice(0, 80)}`);
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code.textContent.replace(/\n$/, ''));
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1500);
  });
  code.after(button);
}
