// Runs first in a copy of a page, before its policy holds, and tells the window around it what it found.
const found = {
  errors: [], violations: [], charts: {}, overlaps: [], clipped: [], faint: [], tips: 0, texts: 0,
  wide: false, width: innerWidth, dark: matchMedia('(prefers-color-scheme: dark)').matches,
};
addEventListener('error', event => found.errors.push(event.message));
document.addEventListener('securitypolicyviolation', event => found.violations.push(event.violatedDirective + ': ' + event.blockedURI));

const shown = element => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
const words = node => node.textContent.trim().replace(/\s+/g, ' ').slice(0, 80);
const outside = (box, sheet) => box.left < sheet.left - 1 || box.right > sheet.right + 1 || box.top < sheet.top - 1 || box.bottom > sheet.bottom + 1;
const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;

// WCAG 2.2, relative luminance and contrast ratio.
const colour = text => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return { r, g, b, a }; };
const over = (top, below) => ({ r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1 });
const luminance = ({ r, g, b }) => {
  const [x, y, z] = [r, g, b].map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const contrast = (a, b) => { const [x, y] = [luminance(a) + 0.05, luminance(b) + 0.05]; return Math.max(x, y) / Math.min(x, y); };

// What is painted behind an element: its own ground and those of all around it, down to the canvas.
const ground = element => {
  const layers = [];
  for (let node = element; node; node = node.parentElement) {
    const layer = colour(getComputedStyle(node).backgroundColor);
    if (layer.a > 0) layers.push(layer);
    if (layer.a === 1) break;
  }
  const canvas = found.dark ? { r: 18, g: 18, b: 18, a: 1 } : { r: 255, g: 255, b: 255, a: 1 };
  return layers.reduceRight((below, layer) => over(layer, below), canvas);
};

const readable = (ink, grounds, name) => {
  found.texts++;
  const least = Math.min(...grounds.map(below => contrast(over(ink, below), below)));
  if (least < 4.5) found.faint.push(least.toFixed(2) + ' ' + name);
};

const chart = svg => {
  const sheet = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].filter(text => text.textContent.trim() && shown(text));
  const boxes = texts.map(text => text.getBoundingClientRect());
  found.charts[svg.id] = texts.map(text => text.textContent);
  boxes.forEach((box, i) => {
    if (outside(box, sheet)) found.clipped.push(svg.id + ': ' + words(texts[i]));
    for (let j = i + 1; j < boxes.length; j++)
      if (meet(box, boxes[j])) found.overlaps.push(svg.id + ': ' + words(texts[i]) + ' / ' + words(texts[j]));
  });
  grounds(svg, texts, boxes);
  tips(svg, texts, boxes, sheet);
};

// A text of a chart stands on the last filled shape before it, at each of three places.
const grounds = (svg, texts, boxes) => {
  const shapes = [...svg.querySelectorAll('rect, circle')].filter(shape => !shape.closest('.hit')).map(shape => ({
    shape, box: shape.getBoundingClientRect(), fill: colour(getComputedStyle(shape).fill),
  }));
  texts.forEach((text, i) => {
    const box = boxes[i];
    const y = (box.top + box.bottom) / 2;
    const below = [box.left + 1, (box.left + box.right) / 2, box.right - 1].map(x => {
      const under = shapes.filter(({ shape, box }) => box.left <= x && x <= box.right && box.top <= y && y <= box.bottom
        && shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING);
      return under.length ? under[under.length - 1].fill : ground(svg);
    });
    readable(colour(getComputedStyle(text).fill), below, svg.id + ': ' + words(text));
  });
};

// What a pointer brings to light fits, and lies on nothing.
const tips = (svg, texts, boxes, sheet) => {
  for (const tip of svg.querySelectorAll('.tip')) {
    found.tips++;
    tip.style.display = 'inline';
    const box = tip.getBoundingClientRect();
    if (box.width < 1 || outside(box, sheet)) found.clipped.push(svg.id + ' tip: ' + words(tip));
    boxes.forEach((other, i) => {
      if (meet(box, other)) found.overlaps.push(svg.id + ' tip: ' + words(tip) + ' / ' + words(texts[i]));
    });
    tip.style.display = '';
  }
};

// Lines of text outside of charts.
const prose = () => {
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || element.closest('svg, script, style') || !shown(element)) continue;
    readable(colour(getComputedStyle(element).color), [ground(element)], element.tagName + ': ' + words(node));
    const range = document.createRange();
    range.selectNodeContents(node);
    const scrolls = element.closest('.scroll');
    for (const box of range.getClientRects()) {
      const seen = scrolls ? scrolls.getBoundingClientRect() : null;
      const hidden = seen && (box.right > seen.right || box.bottom > seen.bottom);
      if (box.width > 0 && !hidden) lines.push({ box, node });
    }
  }
  lines.sort((a, b) => a.box.top - b.box.top);
  lines.forEach((line, i) => {
    for (let j = i + 1; j < lines.length && lines[j].box.top < line.box.bottom; j++)
      if (line.node !== lines[j].node && meet(line.box, lines[j].box)) found.overlaps.push(words(line.node) + ' / ' + words(lines[j].node));
  });
  for (const element of document.querySelectorAll('body *')) {
    if (!shown(element) || element.closest('svg') || element.matches('.scroll')) continue;
    const style = getComputedStyle(element);
    if (style.display !== 'inline' && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && element.children.length === 0)
      found.clipped.push(element.tagName + ': ' + words(element));
  }
};

addEventListener('load', () => {
  document.querySelectorAll('details').forEach(details => { details.open = true; });
  for (const svg of document.querySelectorAll('svg')) if (shown(svg)) chart(svg);
  prose();
  found.wide = document.documentElement.scrollWidth > innerWidth + 1;
  // What the policy forbade is told in a task of its own, after the load of a small page.
  setTimeout(() => top.told(frameElement, found), 200);
});
