-- Telling lines of $channel while they are kept, at most $limit a span, the strongest first.
-- Spans are [$since, $until), two lists as long; `span` counts them from 0. They hold chat: show
-- them as text, never as markup.

WITH spans AS (
    SELECT unnest(range(len($since::TIMESTAMP[]))) AS span, unnest($since::TIMESTAMP[]) AS since,
        unnest($until::TIMESTAMP[]) AS until
)
SELECT m.span::INTEGER AS span, s.start, s.text, s.compound
FROM spans m JOIN samples s ON s.start >= m.since AND s.start < m.until
WHERE s.channel = $channel
QUALIFY row_number() OVER (
    PARTITION BY m.span ORDER BY abs(s.compound) DESC, s.start, s.rank
) <= $limit
ORDER BY span, abs(s.compound) DESC, s.start;
