"""Files of a review to take away: one module a format, and the list that the page offers."""

from dashboard.review.files import (
    chapters,
    edl,
    final_cut,
    lossless_cut,
    premiere,
    record,
    table,
)
from dashboard.review.files.base import File

FILES = (
    File("LosslessCut (CSV)", "-losslesscut.csv", "text/csv",
         lossless_cut.ABOUT, lossless_cut.write),
    File("Premiere Pro (XML)", "-premiere.xml", "application/xml", premiere.ABOUT, premiere.write),
    File("Final Cut Pro (FCPXML)", ".fcpxml", "application/xml", final_cut.ABOUT, final_cut.write),
    File("Resolve markers (EDL)", "-markers.edl", "text/plain", edl.MARKERS, edl.write_markers),
    File("Cuts (EDL)", "-cuts.edl", "text/plain", edl.CUTS, edl.write_cuts),
    File("Chapters (YouTube)", "-chapters.txt", "text/plain", chapters.ABOUT, chapters.write),
    File("Table (CSV)", ".csv", "text/csv", table.ABOUT, table.write),
    File("Record (JSON)", ".json", "application/json", record.ABOUT, record.write),
)  # fmt: skip
